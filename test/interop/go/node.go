package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"sync"

	"github.com/libp2p/go-libp2p"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/pnet"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	relay "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	tls "github.com/libp2p/go-libp2p/p2p/security/tls"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	webrtc "github.com/libp2p/go-libp2p/p2p/transport/webrtc"
	"github.com/libp2p/go-libp2p/p2p/transport/websocket"
	ma "github.com/multiformats/go-multiaddr"
)

// node is the running peer.
type node struct {
	host   host.Host
	dht    *dht.IpfsDHT
	gossip *gossip
	out    *printer

	identified *identified

	mu sync.Mutex
	// streams opened by tests that stay open until the peer is hung up
	held map[peer.ID][]network.Stream
	// inbound streams of served protocols, by the number they were told under
	served     map[int]network.Stream
	lastServed int
}

func startNode(ctx context.Context, cfg config, out *printer) (*node, error) {
	key, err := identity(cfg)
	if err != nil {
		return nil, err
	}
	options, err := hostOptions(cfg)
	if err != nil {
		return nil, err
	}
	h, err := libp2p.New(append(options, libp2p.Identity(key))...)
	if err != nil {
		return nil, err
	}
	seen, err := watchIdentify(h)
	if err != nil {
		return nil, err
	}
	n := &node{host: h, out: out, identified: seen, held: map[peer.ID][]network.Stream{}, served: map[int]network.Stream{}}
	n.serveStanding()
	if cfg.Kad != nil {
		if n.dht, err = startDHT(h, *cfg.Kad); err != nil {
			return nil, err
		}
	}
	if cfg.Gossip != nil {
		if n.gossip, err = startGossip(ctx, h, *cfg.Gossip, out); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (n *node) commands() map[string]command {
	all := map[string]command{}
	for _, some := range []map[string]command{n.connectionCommands(), n.streamCommands(), n.loadCommands(), n.serveCommands(), n.dhtCommands(), n.gossipCommands()} {
		for name, run := range some {
			all[name] = run
		}
	}
	return all
}

// fullAddrs are the node's addresses with its peer id, ready to be dialled.
func (n *node) fullAddrs() []string {
	suffix := ma.StringCast("/p2p/" + n.host.ID().String())
	addrs := []string{}
	for _, addr := range n.host.Addrs() {
		addrs = append(addrs, addr.Encapsulate(suffix).String())
	}
	return addrs
}

func identity(cfg config) (crypto.PrivKey, error) {
	var key crypto.PrivKey
	var err error
	switch cfg.KeyType {
	case "ed25519":
		if cfg.Seed == "" {
			key, _, err = crypto.GenerateEd25519Key(rand.Reader)
			break
		}
		var seed []byte
		if seed, err = hex32("seed", cfg.Seed); err == nil {
			key, err = crypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(seed))
		}
	case "rsa":
		key, _, err = crypto.GenerateRSAKeyPair(2048, rand.Reader)
	case "secp256k1":
		key, _, err = crypto.GenerateSecp256k1Key(rand.Reader)
	default:
		err = unsupported("key type " + cfg.KeyType)
	}
	return key, err
}

func hostOptions(cfg config) ([]libp2p.Option, error) {
	// What the tests measure are the other side's limits: this side has none.
	resources, err := rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(rcmgr.InfiniteLimits))
	if err != nil {
		return nil, err
	}
	options := []libp2p.Option{
		libp2p.ResourceManager(resources),
		libp2p.UserAgent("go-libp2p"),
		libp2p.DisableMetrics(),
	}
	if len(cfg.Listen) == 0 {
		options = append(options, libp2p.NoListenAddrs)
	} else {
		options = append(options, libp2p.ListenAddrStrings(cfg.Listen...))
	}
	for _, name := range cfg.Transports {
		switch name {
		case "tcp":
			options = append(options, libp2p.Transport(tcp.NewTCPTransport))
		case "ws":
			options = append(options, libp2p.Transport(websocket.New))
		case "quic":
			options = append(options, libp2p.Transport(quic.NewTransport))
		case "webrtc-direct":
			options = append(options, libp2p.Transport(webrtc.New))
		}
	}
	for _, name := range cfg.Security {
		if name == "noise" {
			options = append(options, libp2p.Security(noise.ID, noise.New))
		} else {
			options = append(options, libp2p.Security(tls.ID, tls.New))
		}
	}
	if cfg.PSK != "" {
		psk, err := hex32("psk", cfg.PSK)
		if err != nil {
			return nil, err
		}
		options = append(options, libp2p.PrivateNetwork(pnet.PSK(psk)))
	}
	return append(options, relayOptions(cfg.Relay)...), nil
}

func relayOptions(cfg *relayConfig) []libp2p.Option {
	if cfg == nil || (!cfg.Client && !cfg.Server) {
		return []libp2p.Option{libp2p.DisableRelay()}
	}
	options := []libp2p.Option{libp2p.EnableRelay()}
	if cfg.Server {
		// The service starts with public reachability only, and tells public addresses only: on loopback there are neither.
		everyAddress := relay.WithReservationAddressFilter(func(ma.Multiaddr) bool { return true })
		options = append(options, libp2p.EnableRelayService(everyAddress), libp2p.ForceReachabilityPublic())
	}
	if cfg.Client && cfg.HolePunching {
		options = append(options, libp2p.EnableHolePunching())
	}
	return options
}

// peerOf is the peer that a request names.
func peerOf(req request) (peer.ID, error) {
	id, err := peer.Decode(req.Peer)
	if err != nil {
		return "", fmt.Errorf("peer: %w", err)
	}
	return id, nil
}
