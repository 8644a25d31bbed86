package main

import (
	"context"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	relayclient "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	ma "github.com/multiformats/go-multiaddr"
)

// dial, hangup, ping, identify, connection, connections, addrs, reserve.
func (n *node) connectionCommands() map[string]command {
	return map[string]command{
		"dial":       n.dial,
		"hangup":     n.hangup,
		"ping":       n.ping,
		"identify":   n.identify,
		"connection": n.connection,
		"connections": func(context.Context, request) (map[string]any, error) {
			return map[string]any{"peers": texts(n.host.Network().Peers())}, nil
		},
		"addrs": func(context.Context, request) (map[string]any, error) {
			return map[string]any{"addrs": n.fullAddrs()}, nil
		},
		"reserve": n.reserve,
	}
}

func texts[T fmt.Stringer](items []T) []string {
	found := make([]string, 0, len(items))
	for _, item := range items {
		found = append(found, item.String())
	}
	return found
}

func (n *node) dial(ctx context.Context, req request) (map[string]any, error) {
	info, err := peer.AddrInfoFromString(req.Addr)
	if err != nil {
		return nil, err
	}
	if n.host.Network().Connectedness(info.ID) == network.NotConnected {
		// The library dials every address it remembers, and none of those that failed lately: a test means this address, now.
		n.host.Peerstore().ClearAddrs(info.ID)
		if s, ok := n.host.Network().(*swarm.Swarm); ok {
			s.Backoff().Clear(info.ID)
		}
	}
	n.host.Peerstore().AddAddrs(info.ID, info.Addrs, peerstore.TempAddrTTL)
	ctx = network.WithAllowLimitedConn(ctx, "interop")
	if !isRelayed(info.Addrs) {
		ctx = network.WithForceDirectDial(ctx, "interop")
	}
	if err := n.host.Connect(ctx, *info); err != nil {
		return nil, err
	}
	return map[string]any{"peerId": info.ID.String()}, nil
}

func isRelayed(addrs []ma.Multiaddr) bool {
	for _, addr := range addrs {
		if _, err := addr.ValueForProtocol(ma.P_CIRCUIT); err == nil {
			return true
		}
	}
	return false
}

func (n *node) hangup(_ context.Context, req request) (map[string]any, error) {
	id, err := peerOf(req)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	delete(n.held, id)
	n.mu.Unlock()
	return nil, n.host.Network().ClosePeer(id)
}

func (n *node) ping(ctx context.Context, req request) (map[string]any, error) {
	id, err := peerOf(req)
	if err != nil {
		return nil, err
	}
	if _, err := n.connectionTo(id); err != nil {
		return nil, err
	}
	// ends the pings after the first
	ctx, cancel := context.WithCancel(network.WithAllowLimitedConn(ctx, "interop"))
	defer cancel()
	select {
	case result := <-ping.Ping(ctx, n.host, id):
		if result.Error != nil {
			return nil, result.Error
		}
		return map[string]any{"rttMs": milliseconds(result.RTT)}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (n *node) connection(_ context.Context, req request) (map[string]any, error) {
	id, err := peerOf(req)
	if err != nil {
		return nil, err
	}
	conn, err := n.connectionTo(id)
	if err != nil {
		return nil, err
	}
	state := conn.ConnState()
	direction := "inbound"
	if conn.Stat().Direction == network.DirOutbound {
		direction = "outbound"
	}
	return map[string]any{
		"security": string(state.Security), "muxer": string(state.StreamMultiplexer), "transport": state.Transport,
		"limited": conn.Stat().Limited, "direction": direction, "remoteAddr": conn.RemoteMultiaddr().String(),
	}, nil
}

// connectionTo is the open connection to a peer, a direct one first. No command dials but dial.
func (n *node) connectionTo(id peer.ID) (network.Conn, error) {
	var found network.Conn
	for _, conn := range n.host.Network().ConnsToPeer(id) {
		if !conn.IsClosed() && (found == nil || !conn.Stat().Limited) {
			found = conn
		}
	}
	if found == nil {
		return nil, fmt.Errorf("no connection to %s", id)
	}
	return found, nil
}

func (n *node) reserve(ctx context.Context, req request) (map[string]any, error) {
	info, err := peer.AddrInfoFromString(req.Relay)
	if err != nil {
		return nil, err
	}
	if err := n.host.Connect(ctx, *info); err != nil {
		return nil, err
	}
	reservation, err := relayclient.Reserve(ctx, n.host, *info)
	if err != nil {
		return nil, err
	}
	// a relay may tell no address (it tells public ones): then those that it was asked under serve
	known := reservation.Addrs
	if len(known) == 0 {
		p2p := ma.StringCast("/p2p/" + info.ID.String())
		for _, addr := range info.Addrs {
			known = append(known, addr.Encapsulate(p2p))
		}
	}
	suffix := ma.StringCast("/p2p-circuit/p2p/" + n.host.ID().String())
	addrs := []string{}
	for _, addr := range known {
		addrs = append(addrs, addr.Encapsulate(suffix).String())
	}
	return map[string]any{"addrs": addrs, "told": len(reservation.Addrs)}, nil
}
