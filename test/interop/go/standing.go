package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

// Protocols that every peer serves.
const (
	echoProtocol   = "/interop/echo/1.0.0"
	sinkProtocol   = "/interop/sink/1.0.0"
	sourceProtocol = "/interop/source/1.0.0"
)

// One write fills two noise messages.
const pieceBytes = 128 * 1024

func (n *node) serveStanding() {
	serve := func(protocol string, handle func(network.Stream) error) {
		n.host.SetStreamHandler(asID(protocol), func(s network.Stream) {
			// what broke shows on the other side
			if handle(s) != nil {
				s.Reset()
				return
			}
			s.Close()
		})
	}
	serve(echoProtocol, func(s network.Stream) error {
		_, err := io.Copy(s, onlyReader{s})
		return err
	})
	serve(sinkProtocol, func(s network.Stream) error {
		count, err := discard(s)
		if err != nil {
			return err
		}
		return binary.Write(s, binary.BigEndian, uint64(count))
	})
	serve(sourceProtocol, func(s network.Stream) error {
		var wanted uint64
		if err := binary.Read(s, binary.BigEndian, &wanted); err != nil {
			return err
		}
		return writeZeros(s, int64(wanted))
	})
}

// onlyReader hides the other methods, so that io.Copy takes a buffer of our choice of size.
type onlyReader struct{ io.Reader }

func discard(r io.Reader) (int64, error) {
	buffer := make([]byte, pieceBytes)
	var total int64
	for {
		got, err := r.Read(buffer)
		total += int64(got)
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

func writeZeros(w io.Writer, total int64) error {
	piece := make([]byte, pieceBytes)
	for left := total; left > 0; left -= int64(len(piece)) {
		if _, err := w.Write(piece[:min(left, int64(len(piece)))]); err != nil {
			return err
		}
	}
	return nil
}

// bulk and echo: what the standing protocols of the other side are for.
func (n *node) loadCommands() map[string]command {
	return map[string]command{"bulk": n.bulk, "echo": n.echo}
}

func (n *node) bulk(ctx context.Context, req request) (map[string]any, error) {
	protocol, transfer := sourceProtocol, pull
	if req.Direction == "send" {
		protocol, transfer = sinkProtocol, push
	}
	s, _, err := n.open(ctx, req, asID(protocol))
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		s.SetDeadline(deadline)
	}
	start := time.Now()
	moved, err := transfer(s, req.Bytes)
	took := time.Since(start)
	if err == nil && moved != req.Bytes {
		err = fmt.Errorf("%d of %d bytes", moved, req.Bytes)
	}
	if err != nil {
		s.Reset()
		return nil, err
	}
	s.Close()
	return map[string]any{"ms": milliseconds(took)}, nil
}

// push sends to a sink and returns how many bytes that counted.
func push(s network.Stream, total int64) (int64, error) {
	if err := writeZeros(s, total); err != nil {
		return 0, err
	}
	if err := s.CloseWrite(); err != nil {
		return 0, err
	}
	var counted uint64
	err := binary.Read(s, binary.BigEndian, &counted)
	return int64(counted), err
}

// pull asks a source and returns how many bytes came.
func pull(s network.Stream, total int64) (int64, error) {
	if err := binary.Write(s, binary.BigEndian, uint64(total)); err != nil {
		return 0, err
	}
	return discard(s)
}

func (n *node) echo(ctx context.Context, req request) (map[string]any, error) {
	if req.Count < 1 || req.Size < 1 {
		return nil, fmt.Errorf("count and size must be positive")
	}
	s, _, err := n.open(ctx, req, echoProtocol)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if deadline, ok := ctx.Deadline(); ok {
		s.SetDeadline(deadline)
	}
	times := make([]time.Duration, 0, req.Count)
	sent, back := make([]byte, req.Size), make([]byte, req.Size)
	for i := range req.Count {
		for j := range sent {
			sent[j] = byte(i)
		}
		start := time.Now()
		if _, err := s.Write(sent); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(s, back); err != nil {
			return nil, err
		}
		times = append(times, time.Since(start))
		if !slices.Equal(sent, back) {
			return nil, fmt.Errorf("other bytes came back")
		}
	}
	slices.Sort(times)
	return map[string]any{"p50Ms": milliseconds(times[len(times)/2])}, nil
}
