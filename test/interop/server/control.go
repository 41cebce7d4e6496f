package main

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"time"
)

// The routes by which the tests control the server. None of them checks credentials.
func (a *app) controlRoutes(mux *http.ServeMux, server *http.Server) {
	mux.HandleFunc("GET /_test/state", a.state)
	mux.HandleFunc("POST /_test/settings", a.change)
	mux.HandleFunc("POST /_test/events", a.manyEvents)
	mux.HandleFunc("POST /_test/feed/{name}", a.feedOne)
	mux.HandleFunc("POST /_test/cancel", a.cancelSockets)
	mux.HandleFunc("POST /_test/release", a.releaseMutations)
	a.worldRoutes(mux)
	// Meshery never shuts down gracefully, but what runs it may: sockets send on until the process exits.
	mux.HandleFunc("POST /_test/shutdown", func(w http.ResponseWriter, r *http.Request) {
		wait, _ := strconv.Atoi(r.URL.Query().Get("ms"))
		w.WriteHeader(http.StatusAccepted)
		go func() { _ = server.Shutdown(context.Background()) }()
		time.AfterFunc(time.Duration(wait)*time.Millisecond, func() { os.Exit(0) })
	})
}

func (a *app) state(w http.ResponseWriter, _ *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{
		"live": maps.Clone(a.live), "started": maps.Clone(a.started), "sockets": len(a.sockets), "upgrades": a.upgrades,
		"protocols": a.protocols, "extension": a.extension, "mutations": a.mutations, "init": a.init, "events": len(a.events),
		"goroutines": runtime.NumGoroutine(), "blocked": a.blocked,
	})
}

// Changes the settings that the body names and leaves the others.
func (a *app) change(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := json.NewDecoder(r.Body).Decode(&a.settings); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Makes `count` events like the body. `store=false` pushes without storing, `push=false` the other way round;
// `age` milliseconds set the creation time back.
func (a *app) manyEvents(w http.ResponseWriter, r *http.Request) {
	var model storedEvent
	if err := json.NewDecoder(r.Body).Decode(&model); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	query := r.URL.Query()
	count, _ := strconv.Atoi(query.Get("count"))
	age, _ := strconv.Atoi(query.Get("age"))
	made := []*storedEvent{}
	for number := range max(count, 1) {
		event := model
		event.CreatedAt = time.Now().UTC().Add(-time.Duration(age) * time.Millisecond)
		if count > 0 {
			event.Description = model.Description + " " + strconv.Itoa(number)
		}
		if err := a.build(&event); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		result := &event
		if query.Get("store") != "false" {
			result = a.store(event)
		}
		if query.Get("push") != "false" {
			a.publish(result)
		}
		made = append(made, result)
	}
	writeJSON(w, http.StatusCreated, made)
}

// Answers when a resolver took the item, or 409 when none did within a second.
func (a *app) feedOne(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	select {
	case a.feed(r.PathValue("name")) <- feedItem{value: query.Get("value"), end: query.Get("end") == "true"}:
		w.WriteHeader(http.StatusNoContent)
	case <-time.After(time.Second):
		http.Error(w, "this feed has no subscription", http.StatusConflict)
	case <-r.Context().Done():
	}
}

// Cancels the request context of every socket: gqlgen closes with 1000 "terminated", without `complete`.
func (a *app) cancelSockets(w http.ResponseWriter, _ *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, cancel := range a.sockets {
		cancel()
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *app) releaseMutations(w http.ResponseWriter, _ *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.release)
	a.release = make(chan struct{})
	w.WriteHeader(http.StatusNoContent)
}
