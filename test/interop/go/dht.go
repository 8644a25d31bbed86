package main

import (
	"context"
	"errors"
	"time"

	"github.com/ipfs/go-cid"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// anyValue accepts every record: what a value means is not this peer's business.
type anyValue struct{}

func (anyValue) Validate(string, []byte) error { return nil }

func (anyValue) Select(string, [][]byte) (int, error) { return 0, nil }

func startDHT(h host.Host, cfg kadConfig) (*dht.IpfsDHT, error) {
	mode := dht.ModeServer
	if cfg.Mode == "client" {
		mode = dht.ModeClient
	}
	return dht.New(h,
		// the library holds a DHT under its default prefix for the public one, with that one's rules of records
		dht.ProtocolPrefix("/interop"),
		dht.V1ProtocolOverride(protocol.ID(cfg.Protocol)),
		dht.Mode(mode),
		dht.Validator(anyValue{}),
		// a table changes by what a test does, not by the clock
		dht.DisableAutoRefresh(),
		dht.RoutingTableRefreshQueryTimeout(10*time.Second),
	)
}

// dht-put, dht-get, dht-provide, dht-findprovs, dht-findpeer, dht-table, dht-refresh. Keys of records are raw bytes, cids are text.
func (n *node) dhtCommands() map[string]command {
	if n.dht == nil {
		return nil
	}
	return map[string]command{
		"dht-put": func(ctx context.Context, req request) (map[string]any, error) {
			return nil, n.dht.PutValue(ctx, string(req.Key), req.Value)
		},
		"dht-get": func(ctx context.Context, req request) (map[string]any, error) {
			value, err := n.dht.GetValue(ctx, string(req.Key))
			if err != nil {
				return nil, err
			}
			return map[string]any{"value": value}, nil
		},
		"dht-provide": func(ctx context.Context, req request) (map[string]any, error) {
			id, err := cid.Decode(req.Cid)
			if err != nil {
				return nil, err
			}
			return nil, n.dht.Provide(ctx, id, true)
		},
		"dht-findprovs": n.findProviders,
		"dht-findpeer": func(ctx context.Context, req request) (map[string]any, error) {
			id, err := peerOf(req)
			if err != nil {
				return nil, err
			}
			found, err := n.dht.FindPeer(ctx, id)
			if err != nil {
				return nil, err
			}
			if len(found.Addrs) == 0 {
				return nil, errors.New("not found")
			}
			return map[string]any{"addrs": texts(found.Addrs)}, nil
		},
		"dht-table": func(context.Context, request) (map[string]any, error) {
			return map[string]any{"peers": texts(n.dht.RoutingTable().ListPeers())}, nil
		},
		"dht-refresh": func(ctx context.Context, _ request) (map[string]any, error) {
			select {
			case err := <-n.dht.ForceRefresh():
				return nil, err
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		},
	}
}

func (n *node) findProviders(ctx context.Context, req request) (map[string]any, error) {
	id, err := cid.Decode(req.Cid)
	if err != nil {
		return nil, err
	}
	peers := []string{}
	for found := range n.dht.FindProvidersAsync(ctx, id, max(req.Count, 1)) {
		peers = append(peers, found.ID.String())
	}
	return map[string]any{"peers": peers}, nil
}
