package main

import (
	"sync"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// meshTracer keeps the mesh of every topic from the events of GossipSub, which has no call that lists it.
type meshTracer struct {
	mu       sync.Mutex
	peers    map[string]map[peer.ID]bool
	dontWant int
}

var _ pubsub.RawTracer = (*meshTracer)(nil)

func (t *meshTracer) of(topic string) []peer.ID {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := []peer.ID{}
	for id := range t.peers[topic] {
		found = append(found, id)
	}
	return found
}

func (t *meshTracer) Graft(p peer.ID, topic string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.peers[topic] == nil {
		t.peers[topic] = map[peer.ID]bool{}
	}
	t.peers[topic][p] = true
}

func (t *meshTracer) Prune(p peer.ID, topic string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.peers[topic], p)
}

// OnClosedOutboundStream takes a peer that left out of every mesh, as GossipSub does without a further event.
func (t *meshTracer) OnClosedOutboundStream(p peer.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, peers := range t.peers {
		delete(peers, p)
	}
}

func (t *meshTracer) Leave(topic string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.peers, topic)
}

// RecvRPC counts the messages that others asked not to be sent.
func (t *meshTracer) RecvRPC(rpc *pubsub.RPC) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, list := range rpc.GetControl().GetIdontwant() {
		t.dontWant += len(list.GetMessageIDs())
	}
}

func (t *meshTracer) notWanted() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dontWant
}

func (*meshTracer) OnNewOutboundStream(peer.ID, protocol.ID) {}
func (*meshTracer) Join(string)                              {}
func (*meshTracer) ValidateMessage(*pubsub.Message)          {}
func (*meshTracer) DeliverMessage(*pubsub.Message)           {}
func (*meshTracer) RejectMessage(*pubsub.Message, string)    {}
func (*meshTracer) DuplicateMessage(*pubsub.Message)         {}
func (*meshTracer) ThrottlePeer(peer.ID)                     {}
func (*meshTracer) SendRPC(*pubsub.RPC, peer.ID)             {}
func (*meshTracer) DropRPC(*pubsub.RPC, peer.ID)             {}
func (*meshTracer) UndeliverableMessage(*pubsub.Message)     {}
