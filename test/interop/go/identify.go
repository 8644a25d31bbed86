package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
)

// identified keeps what identify told, per connection: the library forgets the signed record once it has taken its addresses.
type identified struct {
	mu      sync.Mutex
	changed *sync.Cond
	told    map[string]event.EvtPeerIdentificationCompleted
}

func watchIdentify(h host.Host) (*identified, error) {
	subscription, err := h.EventBus().Subscribe(new(event.EvtPeerIdentificationCompleted), eventbus.BufSize(4096))
	if err != nil {
		return nil, err
	}
	seen := &identified{told: map[string]event.EvtPeerIdentificationCompleted{}}
	seen.changed = sync.NewCond(&seen.mu)
	go func() {
		for one := range subscription.Out() {
			done, ok := one.(event.EvtPeerIdentificationCompleted)
			if !ok {
				continue
			}
			seen.mu.Lock()
			seen.told[done.Conn.ID()] = done
			seen.mu.Unlock()
			seen.changed.Broadcast()
		}
	}()
	return seen, nil
}

// of waits until identify of a connection is there.
func (seen *identified) of(ctx context.Context, connection string) (event.EvtPeerIdentificationCompleted, error) {
	stop := context.AfterFunc(ctx, seen.changed.Broadcast)
	defer stop()
	seen.mu.Lock()
	defer seen.mu.Unlock()
	for {
		if told, ok := seen.told[connection]; ok {
			return told, nil
		}
		if ctx.Err() != nil {
			return event.EvtPeerIdentificationCompleted{}, fmt.Errorf("identify: %w", ctx.Err())
		}
		seen.changed.Wait()
	}
}

func (n *node) identify(ctx context.Context, req request) (map[string]any, error) {
	id, err := peerOf(req)
	if err != nil {
		return nil, err
	}
	conn, err := n.connectionTo(id)
	if err != nil {
		return nil, err
	}
	service, ok := n.host.(interface{ IDService() identify.IDService })
	if !ok {
		return nil, errors.New("the host has no identify")
	}
	// begins it, if nobody has yet
	service.IDService().IdentifyWait(conn)
	told, err := n.identified.of(ctx, conn.ID())
	if err != nil {
		return nil, err
	}
	protocols := []string{}
	for _, protocol := range told.Protocols {
		protocols = append(protocols, string(protocol))
	}
	return map[string]any{
		"agent": told.AgentVersion, "protocolVersion": told.ProtocolVersion, "protocols": protocols,
		"addrs": texts(told.ListenAddrs), "signedPeerRecord": told.SignedPeerRecord != nil,
		"observedAddr": fmt.Sprint(told.ObservedAddr),
	}, nil
}
