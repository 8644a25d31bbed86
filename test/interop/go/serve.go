package main

import (
	"context"
	"errors"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
)

func asID(name string) protocol.ID { return protocol.ID(name) }

// serve and reply: protocols whose streams the test answers itself.
func (n *node) serveCommands() map[string]command {
	return map[string]command{"serve": n.serve, "reply": n.reply}
}

func (n *node) serve(_ context.Context, req request) (map[string]any, error) {
	n.host.SetStreamHandler(protocol.ID(req.Protocol), func(s network.Stream) {
		n.mu.Lock()
		n.lastServed++
		number := n.lastServed
		n.served[number] = s
		n.mu.Unlock()
		n.out.print(map[string]any{"event": "stream", "stream": number, "protocol": req.Protocol, "peer": s.Conn().RemotePeer().String()})
		n.tell(s, number)
	})
	return nil, nil
}

// tell prints what comes on a stream until it ends. After an orderly end the stream may still be answered on.
func (n *node) tell(s network.Stream, number int) {
	piece := make([]byte, 64*1024)
	for {
		got, err := s.Read(piece)
		if got > 0 {
			n.out.print(map[string]any{"event": "data", "stream": number, "data": piece[:got]})
		}
		if err == nil {
			continue
		}
		how := ending(err)
		if how != "eof" {
			how = "reset"
			n.forget(number)
		}
		n.out.print(map[string]any{"event": "end", "stream": number, "how": how})
		return
	}
}

func (n *node) forget(number int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.served, number)
}

func (n *node) reply(_ context.Context, req request) (map[string]any, error) {
	n.mu.Lock()
	s := n.served[req.Stream]
	n.mu.Unlock()
	if s == nil {
		return nil, errors.New("that stream is over")
	}
	if len(req.Data) > 0 {
		if _, err := s.Write(req.Data); err != nil {
			return nil, err
		}
	}
	switch req.How {
	case "half-close":
		// reading goes on until the other side ends too
		return nil, s.CloseWrite()
	case "reset":
		n.forget(req.Stream)
		return nil, s.Reset()
	}
	return nil, nil
}
