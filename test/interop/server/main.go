// The server of the interop tests: the real gqlgen, set up as Meshery sets it up, with Meshery's v0.8 subscription
// schema, an event store, lists over REST and cookie authentication. Routes under /_test/ make it do what the cases
// need.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/gorilla/websocket"

	"meshery-live/interop/graph"
)

//go:generate go tool gqlgen generate

// Settings that Meshery does not have, for the cases that need another gqlgen server.
type socketFlags struct {
	initReject  bool
	legacyOnly  bool
	initAck     bool
	initTimeout time.Duration
	pingPong    time.Duration
	pongOnly    time.Duration
}

func newSocket(app *app, flags socketFlags) transport.Websocket {
	socket := transport.Websocket{
		Upgrader:              websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }},
		KeepAlivePingInterval: 10 * time.Second,
		InitTimeout:           flags.initTimeout,
		PingPongInterval:      flags.pingPong,
		PongOnlyInterval:      flags.pongOnly,
	}
	if flags.initReject || flags.initAck {
		socket.InitFunc = func(ctx context.Context, sent transport.InitPayload) (context.Context, *transport.InitPayload, error) {
			app.mu.Lock()
			app.init = sent
			app.mu.Unlock()
			if flags.initReject {
				return ctx, nil, errors.New("not welcome")
			}
			return ctx, &transport.InitPayload{"received": sent}, nil
		}
	}
	return socket
}

func newGraphQL(app *app, flags socketFlags) http.Handler {
	server := handler.New(graph.NewExecutableSchema(graph.Config{Resolvers: app}))
	server.AddTransport(transport.POST{})
	server.AddTransport(transport.GET{})
	server.AddTransport(newSocket(app, flags))
	if !flags.legacyOnly {
		return server
	}
	// A gqlgen from before 2022 does not know the newer protocol, and answers as if the client had offered none.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Sec-WebSocket-Protocol") == "graphql-transport-ws" {
			r.Header.Del("Sec-WebSocket-Protocol")
		}
		server.ServeHTTP(w, r)
	})
}

func main() {
	port := flag.Int("port", 0, "port to listen on; 0 takes a free one")
	token := flag.String("token", "", "the token cookie that is wanted; none is when empty, as with the Local provider")
	file := flag.String("store", "", "a file that keeps the events over a restart; none when empty")
	withParent := flag.Bool("with-parent", false, "exit when standard input ends")
	var socket socketFlags
	flag.BoolVar(&socket.initReject, "init-reject", false, "refuse every connection_init")
	flag.BoolVar(&socket.legacyOnly, "legacy-only", false, "know the graphql-ws sub-protocol alone")
	flag.BoolVar(&socket.initAck, "init-ack", false, "acknowledge with the payload that came")
	flag.DurationVar(&socket.initTimeout, "init-timeout", 0, "gqlgen's InitTimeout")
	flag.DurationVar(&socket.pingPong, "ping-pong", 0, "gqlgen's PingPongInterval")
	flag.DurationVar(&socket.pongOnly, "pong-only", 0, "gqlgen's PongOnlyInterval")
	flag.Parse()
	log.SetOutput(os.Stderr)

	app := newApp(*token, *file)
	if err := app.load(); err != nil {
		log.Fatal(err)
	}
	graphQL := app.authenticated(app.watched(newGraphQL(app, socket)))
	mux := http.NewServeMux()
	mux.Handle("GET /api/system/graphql/query", graphQL)
	mux.Handle("POST /api/system/graphql/query", graphQL)
	app.eventRoutes(mux)
	app.listRoutes(mux)
	app.accessRoutes(mux)

	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 20 * time.Second, IdleTimeout: 120 * time.Second}
	app.controlRoutes(mux, server)
	if *withParent {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
	}
	address := listener.Addr().(*net.TCPAddr)
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"port": address.Port, "pid": os.Getpid()}); err != nil {
		log.Fatal(err)
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	// Shutdown leaves hijacked sockets streaming; the process ends when the route that asked for it says so.
	select {}
}
