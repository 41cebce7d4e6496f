package main

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"

	"github.com/google/uuid"
)

const nilUUID = "00000000-0000-0000-0000-000000000000"

// What the tests can change while the server runs.
type settings struct {
	Token string `json:"token"`
	// Pushed frames contain the nil UUID, as from late v0.8 on.
	NilIDs bool `json:"nilIds"`
	// Events are published after they were stored. Off: the push is lost.
	Push bool `json:"push"`
	// When set, the response to upgrades instead.
	UpgradeStatus int    `json:"upgradeStatus"`
	UpgradeBody   string `json:"upgradeBody"`
	Location      string `json:"location"`
	// When set, the response of the event store.
	StoreStatus int `json:"storeStatus"`
}

type app struct {
	mu        sync.Mutex
	settings  settings
	systemID  string
	file      string
	init      map[string]any
	events    []*storedEvent
	listeners map[chan *storedEvent]struct{}
	feeds     map[string]chan feedItem
	release   chan struct{}

	world world
	// The listeners, and the parts of the world that each receives.
	watchers map[chan string][]string
	// Made by the first subscription to performance profiles, and to results.
	profileEnds, resultEnds chan struct{}
	// Ended runs that wait for a subscriber to receive them.
	blocked int

	// Live resolver contexts, and how many were ever started, by field.
	live    map[string]int
	started map[string]int
	// Running socket requests, each with the function that cancels its context.
	sockets   map[int]context.CancelFunc
	upgrades  int
	protocols []string
	extension string
	mutations int
}

func newApp(token, file string) *app {
	return &app{
		file:      file,
		settings:  settings{Token: token, Push: true},
		systemID:  uuid.NewString(),
		listeners: map[chan *storedEvent]struct{}{},
		feeds:     map[string]chan feedItem{},
		watchers:  map[chan string][]string{},
		release:   make(chan struct{}),
		live:      map[string]int{},
		started:   map[string]int{},
		sockets:   map[int]context.CancelFunc{},
	}
}

// Counts the resolver as live until its context ends.
func (a *app) follow(ctx context.Context, field string) {
	a.mu.Lock()
	a.live[field]++
	a.started[field]++
	a.mu.Unlock()
	context.AfterFunc(ctx, func() {
		a.mu.Lock()
		a.live[field]--
		a.mu.Unlock()
	})
}

// Counts upgrades and makes their contexts cancellable; answers them otherwise when the settings say so.
func (a *app) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		a.mu.Lock()
		a.upgrades++
		number := a.upgrades
		a.protocols = r.Header.Values("Sec-WebSocket-Protocol")
		a.extension = r.Header.Get("Sec-WebSocket-Extensions")
		set := a.settings
		if set.UpgradeStatus == 0 {
			a.sockets[number] = cancel
		}
		a.mu.Unlock()
		if set.UpgradeStatus != 0 {
			if set.Location != "" {
				w.Header().Set("Location", set.Location)
			}
			w.WriteHeader(set.UpgradeStatus)
			_, _ = w.Write([]byte(set.UpgradeBody))
			return
		}
		defer func() {
			a.mu.Lock()
			delete(a.sockets, number)
			a.mu.Unlock()
		}()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
