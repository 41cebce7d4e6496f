package main

import (
	"context"
	"encoding/json"
	"log"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"meshery-live/interop/graph"
)

// An object with the field names of REST of v0.8. What is missing is missing on the wire too.
type row map[string]any

// How many of a kind MeshSync has counted.
type counted struct {
	Cluster   string `json:"cluster"`
	Namespace string `json:"namespace"`
	Kind      string `json:"kind"`
	// Empty for those that late v0.8 leaves out of its summary.
	Model string `json:"model"`
	Count int    `json:"count"`
}

// A component or a relationship of the registry.
type registered struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	SubType string `json:"subType,omitempty"`
	Model   struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"model"`
}

// The data of the state streams. A part is replaced as a whole and never changed in place, so a copy is a snapshot.
type world struct {
	Contexts      []row                                     `json:"contexts"`
	Controllers   []*graph.MesheryControllersStatusListItem `json:"controllers"`
	Resources     []counted                                 `json:"resources"`
	Patterns      []row                                     `json:"patterns"`
	Filters       []row                                     `json:"filters"`
	Profiles      []row                                     `json:"profiles"`
	Results       []row                                     `json:"results"`
	Components    []registered                              `json:"components"`
	Relationships []registered                              `json:"relationships"`
}

func (a *app) now() world {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.world
}

// Names of the parts that change from now on, until the context ends. A slow one misses some, never the last state.
func (a *app) listen(ctx context.Context, parts ...string) <-chan string {
	changed := make(chan string, 64)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.watchers[changed] = parts
	context.AfterFunc(ctx, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.watchers, changed)
	})
	return changed
}

func (a *app) signal(part string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for changed, parts := range a.watchers {
		if !slices.Contains(parts, part) {
			continue
		}
		select {
		case changed <- part:
		default:
		}
	}
}

func (a *app) worldRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /_test/world", a.changeWorld)
	mux.HandleFunc("POST /_test/signal/{part}", func(w http.ResponseWriter, r *http.Request) {
		times, _ := strconv.Atoi(r.URL.Query().Get("times"))
		for range max(times, 1) {
			a.signal(r.PathValue("part"))
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /_test/runs", a.finishRun)
}

// Replaces the parts that the body names, and signals each of them.
func (a *app) changeWorld(w http.ResponseWriter, r *http.Request) {
	var given world
	if err := json.NewDecoder(r.Body).Decode(&given); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, rows := range [][]row{given.Contexts, given.Patterns, given.Filters, given.Profiles, given.Results} {
		stamp(rows)
	}
	changed := []string{}
	a.mu.Lock()
	replace(&a.world.Contexts, given.Contexts, "contexts", &changed)
	replace(&a.world.Controllers, given.Controllers, "controllers", &changed)
	replace(&a.world.Resources, given.Resources, "resources", &changed)
	replace(&a.world.Patterns, given.Patterns, "patterns", &changed)
	replace(&a.world.Filters, given.Filters, "filters", &changed)
	replace(&a.world.Profiles, given.Profiles, "profiles", &changed)
	replace(&a.world.Results, given.Results, "results", &changed)
	replace(&a.world.Components, given.Components, "registry", &changed)
	replace(&a.world.Relationships, given.Relationships, "registry", &changed)
	a.mu.Unlock()
	for _, part := range slices.Compact(changed) {
		a.signal(part)
	}
	w.WriteHeader(http.StatusNoContent)
}

func replace[T any](part *[]T, given []T, name string, changed *[]string) {
	if given != nil {
		*part = given
		*changed = append(*changed, name)
	}
}

// Sets the times that a row leaves out.
func stamp(rows []row) {
	now := time.Now().UTC().Format(time.RFC3339Nano)
	for _, row := range rows {
		for _, column := range []string{"created_at", "updated_at"} {
			if row[column] == nil {
				row[column] = now
			}
		}
	}
}

// One channel for the whole server and no room in it, as Meshery has one for profiles and one for results: the
// first subscriber makes it, and it is never removed.
func (a *app) runEnds(channel *chan struct{}) <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if *channel == nil {
		*channel = make(chan struct{})
	}
	return *channel
}

// A load test ends: the body is its result. Answers when one subscriber to profiles and one to results have received
// it, however long that takes; a channel that was never made is skipped.
func (a *app) finishRun(w http.ResponseWriter, r *http.Request) {
	var result row
	if err := json.NewDecoder(r.Body).Decode(&result); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	result["meshery_id"] = uuid.NewString()
	stamp([]row{result})
	a.mu.Lock()
	a.world.Results = append(slices.Clone(a.world.Results), result)
	a.world.Profiles = slices.Clone(a.world.Profiles)
	for number, profile := range a.world.Profiles {
		if profile["id"] != result["performance_profile"] {
			continue
		}
		total, _ := profile["total_results"].(float64)
		profile = maps.Clone(profile)
		profile["total_results"], profile["last_run"] = total+1, result["created_at"]
		a.world.Profiles[number] = profile
	}
	channels := []chan struct{}{a.profileEnds, a.resultEnds}
	a.blocked++
	a.mu.Unlock()
	for _, channel := range channels {
		if channel != nil {
			channel <- struct{}{}
		}
	}
	a.mu.Lock()
	a.blocked--
	a.mu.Unlock()
	writeJSON(w, http.StatusCreated, result)
}

// Meshery's resolvers decode the body of its own REST into the values of GraphQL; keys that REST lacks are empty then.
func decoded[T any](body any) (*T, error) {
	bytes, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	var value T
	if err := json.Unmarshal(bytes, &value); err != nil {
		return nil, err
	}
	return &value, nil
}

// Puts the value of each of the parts at once, and again for one that changed. Errors reach only the log, as in Meshery.
func following[T any](ctx context.Context, a *app, field string, parts []string, read func(part string) (T, error)) (<-chan T, error) {
	changed := a.listen(ctx, parts...)
	return source(ctx, a, field, func(put func(T) bool) {
		for _, part := range parts {
			if !putPart(put, part, read) {
				return
			}
		}
		for {
			select {
			case part := <-changed:
				if !putPart(put, part, read) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	})
}

func putPart[T any](put func(T) bool, part string, read func(part string) (T, error)) bool {
	value, err := read(part)
	if err != nil {
		log.Print(err)
		return true
	}
	return put(value)
}
