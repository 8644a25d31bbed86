package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/multiformats/go-multistream"
)

// How long a stream above the other side's limit may take to be reset, after it was agreed on.
const refusalWait = 500 * time.Millisecond

// stream and streams.
func (n *node) streamCommands() map[string]command {
	return map[string]command{"stream": n.stream, "streams": n.streams}
}

// open opens a stream on an open connection, limited or not, with the library's lazy negotiation: what is written first travels
// together with the protocol id.
func (n *node) open(ctx context.Context, req request, id protocol.ID) (network.Stream, peer.ID, error) {
	p, err := peerOf(req)
	if err != nil {
		return nil, "", err
	}
	if _, err := n.connectionTo(p); err != nil {
		return nil, "", err
	}
	ctx = network.WithAllowLimitedConn(network.WithNoDial(ctx, "interop"), "interop")
	s, err := n.host.NewStream(ctx, p, id)
	return s, p, err
}

func (n *node) hold(p peer.ID, s network.Stream) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held[p] = append(n.held[p], s)
}

// readLimit is how much a request wants to read: negative reads to the end, zero nothing.
func readLimit(req request) (int, error) {
	if len(req.Read) == 0 || string(req.Read) == `"all"` {
		return -1, nil
	}
	if string(req.Read) == `"none"` {
		return 0, nil
	}
	var limit int
	if err := json.Unmarshal(req.Read, &limit); err != nil || limit < 0 {
		return 0, fmt.Errorf("read %s?", req.Read)
	}
	return limit, nil
}

func (n *node) stream(ctx context.Context, req request) (map[string]any, error) {
	limit, err := readLimit(req)
	if err != nil {
		return nil, err
	}
	s, p, err := n.open(ctx, req, protocol.ID(req.Protocol))
	if err != nil {
		return nil, err
	}
	deadline := time.Now().Add(req.readTimeout())
	if err := s.SetDeadline(deadline); err != nil {
		return nil, err
	}
	// writes beside reading: the other side may answer before it has read all
	sent := make(chan error, 1)
	go func() { sent <- send(s, req.Send, req.How) }()

	if limit == 0 || req.How == "hold" {
		ended := "open"
		if err := <-sent; err != nil {
			ended = ending(err)
		}
		if req.How == "reset" {
			ended = "reset"
		} else {
			n.hold(p, s)
		}
		return map[string]any{"received": []byte{}, "ended": ended}, nil
	}
	received, ended := collect(s, limit)
	if ended == "eof" {
		// closing while the rest is still being written would cut it off
		<-sent
	}
	if ended == "timeout" || ended == "open" {
		// the reader has enough
		s.Reset()
	} else {
		s.Close()
	}
	return map[string]any{"received": received, "ended": ended}, nil
}

// send writes, then treats the stream as a request says.
func send(s network.Stream, data []byte, how string) error {
	if how == "bytewise" {
		for i := range data {
			if _, err := s.Write(data[i : i+1]); err != nil {
				return err
			}
		}
		return s.CloseWrite()
	}
	if len(data) > 0 {
		if _, err := s.Write(data); err != nil {
			return err
		}
	}
	switch how {
	case "half-close", "":
		return s.CloseWrite()
	case "reset":
		return s.Reset()
	case "keep", "hold":
		return nil
	default:
		s.Reset()
		return fmt.Errorf("how %s?", how)
	}
}

// collect reads limit bytes, or to the end if limit is negative.
func collect(s io.Reader, limit int) ([]byte, string) {
	received := []byte{}
	piece := make([]byte, 64*1024)
	for limit < 0 || len(received) < limit {
		got, err := s.Read(piece)
		received = append(received, piece[:got]...)
		if err != nil {
			return received, ending(err)
		}
	}
	return received, "open"
}

func ending(err error) string {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, io.EOF):
		return "eof"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	default:
		return "reset"
	}
}

func (n *node) streams(ctx context.Context, req request) (map[string]any, error) {
	p, err := peerOf(req)
	if err != nil {
		return nil, err
	}
	conn, err := n.connectionTo(p)
	if err != nil {
		return nil, err
	}
	var all sync.WaitGroup
	results := make([]bool, req.Count)
	for i := range results {
		all.Add(1)
		go func() {
			defer all.Done()
			results[i] = n.openAndHold(ctx, conn, protocol.ID(req.Protocol))
		}()
	}
	all.Wait()
	opened := 0
	for _, ok := range results {
		if ok {
			opened++
		}
	}
	return map[string]any{"opened": opened, "refused": req.Count - opened}, nil
}

// openAndHold tells whether a stream is open for good: a limit of the other side may reset it just after both agreed on its protocol.
func (n *node) openAndHold(ctx context.Context, conn network.Conn, id protocol.ID) bool {
	s, err := conn.NewStream(network.WithAllowLimitedConn(ctx, "interop"))
	if err != nil {
		return false
	}
	if deadline, ok := ctx.Deadline(); ok {
		s.SetDeadline(deadline)
	}
	// not lazily: an answer is the point
	if err := multistream.SelectProtoOrFail(id, s); err != nil {
		s.Reset()
		return false
	}
	s.SetReadDeadline(time.Now().Add(refusalWait))
	if _, err := s.Read(make([]byte, 1)); err != nil && ending(err) != "timeout" {
		s.Reset()
		return false
	}
	s.SetDeadline(time.Time{})
	n.hold(conn.RemotePeer(), s)
	return true
}
