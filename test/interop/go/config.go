package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// unsupported names what a test asked for and this peer does not have: a skipped cell, not a failed one.
type unsupported string

func (what unsupported) Error() string { return "unsupported: " + string(what) }

type kadConfig struct {
	Protocol string `json:"protocol"`
	Mode     string `json:"mode"`
}

type gossipConfig struct {
	// Protocols offered, best first; empty: the library's.
	Protocols []string `json:"protocols"`
}

type relayConfig struct {
	Server bool `json:"server"`
	Client bool `json:"client"`
	// HolePunching replaces relayed connections by direct ones (DCUtR); acts with Client only.
	HolePunching bool `json:"holePunching"`
}

// config is the one argument of the command line, as JSON.
type config struct {
	Listen     []string      `json:"listen"`
	Transports []string      `json:"transports"`
	Security   []string      `json:"security"`
	Seed       string        `json:"seed"`
	KeyType    string        `json:"keyType"`
	PSK        string        `json:"psk"`
	Kad        *kadConfig    `json:"kad"`
	Gossip     *gossipConfig `json:"gossip"`
	Relay      *relayConfig  `json:"relay"`
	// HolePunching may stand here as well as under relay.
	HolePunching bool `json:"holePunching"`
}

func parseConfig(text string) (config, error) {
	cfg := config{Transports: []string{"tcp"}, Security: []string{"noise"}, KeyType: "ed25519"}
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&cfg); err != nil {
		return cfg, unsupported(err.Error())
	}
	if cfg.Relay != nil && cfg.HolePunching {
		cfg.Relay.HolePunching = true
	}
	for _, name := range cfg.Transports {
		if !slices.Contains([]string{"tcp", "ws", "quic", "webrtc-direct"}, name) {
			return cfg, unsupported("transport " + name)
		}
		// both encrypt by themselves, so the library refuses a private network on them
		if cfg.PSK != "" && (name == "quic" || name == "webrtc-direct") {
			return cfg, unsupported("a private network over " + name)
		}
	}
	for _, name := range cfg.Security {
		if name != "noise" && name != "tls" {
			return cfg, unsupported("security " + name)
		}
	}
	if cfg.Kad != nil && cfg.Kad.Mode != "server" && cfg.Kad.Mode != "client" {
		return cfg, unsupported("kad mode " + cfg.Kad.Mode)
	}
	return cfg, nil
}

// hex32 reads 32 bytes from their 64 hex digits.
func hex32(name, digits string) ([]byte, error) {
	raw, err := hex.DecodeString(digits)
	if err != nil || len(raw) != 32 {
		return nil, fmt.Errorf("%s must be 64 hex digits", name)
	}
	return raw, nil
}

// request is any request of the control protocol: each command reads its own fields. Byte slices are base64 in JSON.
type request struct {
	ID        json.RawMessage `json:"id"`
	Cmd       string          `json:"cmd"`
	Addr      string          `json:"addr"`
	Peer      string          `json:"peer"`
	Protocol  string          `json:"protocol"`
	Topic     string          `json:"topic"`
	Cid       string          `json:"cid"`
	Direction string          `json:"direction"`
	Relay     string          `json:"relay"`
	How       string          `json:"how"`
	Read      json.RawMessage `json:"read"`
	Send      []byte          `json:"send"`
	Data      []byte          `json:"data"`
	Key       []byte          `json:"key"`
	Value     []byte          `json:"value"`
	Stream    int             `json:"stream"`
	Count     int             `json:"count"`
	Size      int             `json:"size"`
	Bytes     int64           `json:"bytes"`
	TimeoutMs int64           `json:"timeoutMs"`
}

// timeout is that of a whole command. A stream's reading has its own, which starts once the stream is open.
func (req request) timeout() time.Duration {
	switch {
	case req.Cmd == "stream":
		return req.readTimeout() + 10*time.Second
	case req.TimeoutMs > 0:
		return time.Duration(req.TimeoutMs) * time.Millisecond
	case req.Cmd == "bulk" || req.Cmd == "echo":
		return 120 * time.Second
	default:
		return 20 * time.Second
	}
}

func (req request) readTimeout() time.Duration {
	if req.TimeoutMs > 0 {
		return time.Duration(req.TimeoutMs) * time.Millisecond
	}
	return 10 * time.Second
}
