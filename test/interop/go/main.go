// Command peer is a go-libp2p node behind the control protocol of the interoperability tests: one JSON object per line on stdin and
// stdout, see ../README.md. Every byte on the wire is the library's; nothing here knows a TOS protocol.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
)

const exitUnsupported = 3

// printer writes one JSON object per line; requests are answered concurrently.
type printer struct {
	mu  sync.Mutex
	out *json.Encoder
}

func (p *printer) print(line map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.out.Encode(line); err != nil {
		// nobody reads any more
		os.Exit(0)
	}
}

func main() {
	out := &printer{out: json.NewEncoder(os.Stdout)}
	out.out.SetEscapeHTML(false)
	if err := run(out); err != nil {
		var missing unsupported
		if errors.As(err, &missing) {
			out.print(map[string]any{"event": "unsupported", "what": string(missing)})
			os.Exit(exitUnsupported)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out *printer) error {
	argument := "{}"
	if len(os.Args) > 1 {
		argument = os.Args[1]
	}
	cfg, err := parseConfig(argument)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	node, err := startNode(ctx, cfg, out)
	if err != nil {
		return err
	}
	defer node.host.Close()

	out.print(map[string]any{"event": "ready", "peerId": node.host.ID().String(), "addrs": node.fullAddrs(), "versions": versions()})
	commands := node.commands()
	lines := bufio.NewReaderSize(os.Stdin, 1<<16)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil
		}
		if len(strings.TrimSpace(string(line))) == 0 {
			continue
		}
		var req request
		if err := json.Unmarshal(line, &req); err != nil {
			out.print(map[string]any{"id": req.ID, "ok": false, "error": err.Error()})
			continue
		}
		if req.Cmd == "quit" {
			out.print(map[string]any{"id": req.ID, "ok": true})
			return nil
		}
		go answer(ctx, commands, req, out)
	}
}

// command answers a request; its error becomes the answer's text.
type command func(ctx context.Context, req request) (map[string]any, error)

func answer(ctx context.Context, commands map[string]command, req request, out *printer) {
	run, known := commands[req.Cmd]
	if !known {
		out.print(map[string]any{"id": req.ID, "ok": false, "error": "Unsupported: command " + req.Cmd})
		return
	}
	ctx, cancel := context.WithTimeout(ctx, req.timeout())
	defer cancel()
	line, err := run(ctx, req)
	if err != nil {
		out.print(map[string]any{"id": req.ID, "ok": false, "error": err.Error()})
		return
	}
	if line == nil {
		line = map[string]any{}
	}
	line["id"], line["ok"] = req.ID, true
	out.print(line)
}

// versions names the libraries that the peer was built with.
func versions() map[string]string {
	found := map[string]string{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return found
	}
	found["go"] = strings.TrimPrefix(info.GoVersion, "go")
	for _, dep := range info.Deps {
		switch dep.Path {
		case "github.com/libp2p/go-libp2p", "github.com/libp2p/go-libp2p-kad-dht", "github.com/libp2p/go-libp2p-pubsub", "github.com/quic-go/quic-go":
			found[dep.Path[strings.LastIndex(dep.Path, "/")+1:]] = dep.Version
		}
	}
	return found
}
