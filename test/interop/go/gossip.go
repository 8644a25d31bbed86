package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

const (
	messageIDBytes = 20
	// the largest RPC of the network (GOSSIP_LIMITS.maxRpcBytes in src/gossip); the library's default is 1 MiB
	maxRPCBytes = 5 << 20
)

// gossip is GossipSub with what the tests ask of it.
type gossip struct {
	pubsub *pubsub.PubSub
	out    *printer
	mesh   *meshTracer

	mu         sync.Mutex
	topics     map[string]*pubsub.Topic
	subscribed map[string]bool
}

// messageID must equal contentId of src/gossip/content-id.ts: messages name no author, so a message is named by its topic and bytes,
// as the first 20 bytes of SHA-256(topic ‖ 0x00 ‖ data). The library's default (from ‖ seqno) would give every message the same id.
func messageID(message *pb.Message) string {
	hash := sha256.New()
	hash.Write([]byte(message.GetTopic()))
	hash.Write([]byte{0})
	hash.Write(message.GetData())
	return string(hash.Sum(nil)[:messageIDBytes])
}

func startGossip(ctx context.Context, h host.Host, cfg gossipConfig, out *printer) (*gossip, error) {
	mesh := &meshTracer{peers: map[string]map[peer.ID]bool{}}
	options := []pubsub.Option{
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithNoAuthor(),
		pubsub.WithMessageIdFn(messageID),
		pubsub.WithMaxMessageSize(maxRPCBytes),
		pubsub.WithRawTracer(mesh),
	}
	if len(cfg.Protocols) > 0 {
		protocols := make([]protocol.ID, 0, len(cfg.Protocols))
		for _, name := range cfg.Protocols {
			if !slices.Contains(pubsub.GossipSubDefaultProtocols, protocol.ID(name)) {
				return nil, unsupported("gossip protocol " + name)
			}
			protocols = append(protocols, protocol.ID(name))
		}
		options = append(options, pubsub.WithGossipSubProtocols(protocols, pubsub.GossipSubDefaultFeatures))
	}
	ps, err := pubsub.NewGossipSub(ctx, h, options...)
	if err != nil {
		return nil, err
	}
	return &gossip{pubsub: ps, out: out, mesh: mesh, topics: map[string]*pubsub.Topic{}, subscribed: map[string]bool{}}, nil
}

// topic joins a topic once.
func (g *gossip) topic(name string) (*pubsub.Topic, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := g.topics[name]; known != nil {
		return known, nil
	}
	topic, err := g.pubsub.Join(name)
	if err == nil {
		g.topics[name] = topic
	}
	return topic, err
}

// subscribe, publish, mesh, subscribers, not-wanted.
func (n *node) gossipCommands() map[string]command {
	g := n.gossip
	if g == nil {
		return nil
	}
	return map[string]command{
		"subscribe": func(_ context.Context, req request) (map[string]any, error) {
			return nil, g.subscribe(req.Topic, n.host.ID())
		},
		"publish": func(ctx context.Context, req request) (map[string]any, error) {
			topic, err := g.topic(req.Topic)
			if err != nil {
				return nil, err
			}
			// the library does not tell how many peers it was sent to
			return nil, topic.Publish(ctx, req.Data)
		},
		"mesh": func(_ context.Context, req request) (map[string]any, error) {
			return map[string]any{"peers": texts(g.mesh.of(req.Topic))}, nil
		},
		"not-wanted": func(context.Context, request) (map[string]any, error) {
			return map[string]any{"count": g.mesh.notWanted()}, nil
		},
		"subscribers": func(_ context.Context, req request) (map[string]any, error) {
			return map[string]any{"peers": texts(g.pubsub.ListPeers(req.Topic))}, nil
		},
	}
}

func (g *gossip) subscribe(name string, self peer.ID) error {
	topic, err := g.topic(name)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.subscribed[name] {
		return nil
	}
	// large enough that a test's burst is not dropped before it is printed
	subscription, err := topic.Subscribe(pubsub.WithBufferSize(4096))
	if err != nil {
		return err
	}
	g.subscribed[name] = true
	go func() {
		for {
			message, err := subscription.Next(context.Background())
			if err != nil {
				if !errors.Is(err, pubsub.ErrSubscriptionCancelled) {
					fmt.Fprintln(os.Stderr, "subscription", err)
				}
				return
			}
			if message.ReceivedFrom == self {
				continue
			}
			line := map[string]any{"event": "message", "topic": name, "data": message.Data, "via": message.ReceivedFrom.String()}
			if author := message.GetFrom(); author != "" {
				line["from"] = author.String()
			}
			g.out.print(line)
		}
	}()
	return nil
}
