package main

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// An event as it is stored, with the field names of v0.8.
type storedEvent struct {
	ID          string         `json:"id"`
	UserID      string         `json:"user_id"`
	ActedUpon   string         `json:"acted_upon"`
	OperationID string         `json:"operation_id"`
	SystemID    string         `json:"system_id"`
	Severity    string         `json:"severity"`
	Action      string         `json:"action"`
	Status      string         `json:"status"`
	Category    string         `json:"category"`
	Description string         `json:"description"`
	Metadata    map[string]any `json:"metadata"`
	CreatedAt   time.Time      `json:"created_at"`
	UpdatedAt   time.Time      `json:"updated_at"`
	DeletedAt   *time.Time     `json:"deleted_at,omitempty"`
}

// Fills what Meshery's event builder fills, and returns the error with which it would refuse the event.
func (a *app) build(event *storedEvent) error {
	if event.ActedUpon == "" || event.ActedUpon == nilUUID || event.Action == "" || event.Category == "" || event.Severity == "" {
		return errors.New("acted_upon, action, category and severity are required")
	}
	event.ID = nilUUID
	event.UserID = nilUUID
	event.OperationID = uuid.NewString()
	event.SystemID = a.systemID
	event.Status = "unread"
	if event.CreatedAt.IsZero() {
		event.CreatedAt = time.Now().UTC()
	}
	event.UpdatedAt = event.CreatedAt
	return nil
}

// Stores first; the id is given by the store, and pushed copies have it only on older releases.
func (a *app) store(event storedEvent) *storedEvent {
	event.ID = uuid.NewString()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events = append(a.events, &event)
	a.keep(os.O_APPEND, &event)
	return &event
}

// Writes rows to the file, one a line: it outlives a SIGKILL, as Meshery's database does.
func (a *app) keep(how int, rows ...*storedEvent) {
	if a.file == "" {
		return
	}
	file, err := os.OpenFile(a.file, os.O_CREATE|os.O_WRONLY|how, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	for _, row := range rows {
		if err := json.NewEncoder(file).Encode(row); err != nil {
			log.Fatal(err)
		}
	}
}

// Reads what an earlier process stored.
func (a *app) load() error {
	file, err := os.Open(a.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	for rows := json.NewDecoder(file); ; {
		var row storedEvent
		if err := rows.Decode(&row); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		a.events = append(a.events, &row)
	}
}

// A one-slot buffer for each listener and a send that never waits: a burst loses events.
func (a *app) publish(event *storedEvent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	pushed := *event
	if a.settings.NilIDs {
		pushed.ID = nilUUID
	}
	for listener := range a.listeners {
		select {
		case listener <- &pushed:
		default:
		}
	}
}

func (a *app) eventRoutes(mux *http.ServeMux) {
	mux.Handle("GET /api/system/events", a.authenticated(http.HandlerFunc(a.listEvents)))
	mux.Handle("POST /api/system/events", a.authenticated(http.HandlerFunc(a.postEvent)))
	mux.Handle("DELETE /api/system/events/{id}", a.authenticated(http.HandlerFunc(a.deleteEvent)))
	mux.Handle("GET /api/system/events/types", a.authenticated(http.HandlerFunc(a.eventTypes)))
}

func (a *app) postEvent(w http.ResponseWriter, r *http.Request) {
	var event storedEvent
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := a.build(&event); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	stored := a.store(event)
	a.mu.Lock()
	push := a.settings.Push
	a.mu.Unlock()
	if push {
		a.publish(stored)
	}
	writeJSON(w, http.StatusCreated, event)
}

func (a *app) deleteEvent(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.events = slices.DeleteFunc(a.events, func(event *storedEvent) bool { return event.ID == r.PathValue("id") })
	a.keep(os.O_TRUNC, a.events...)
	a.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

func (a *app) eventTypes(w http.ResponseWriter, _ *http.Request) {
	categories, actions := []string{}, []string{}
	a.mu.Lock()
	for _, event := range a.events {
		categories = append(categories, event.Category)
		actions = append(actions, event.Action)
	}
	a.mu.Unlock()
	slices.Sort(categories)
	slices.Sort(actions)
	writeJSON(w, http.StatusOK, map[string][]string{
		"category": slices.Compact(categories), "action": slices.Compact(actions),
	})
}

// A filter is a JSON array; one that cannot be read is ignored, as in Meshery.
func listed(filter, value string) bool {
	var wanted []string
	if filter == "" || json.Unmarshal([]byte(filter), &wanted) != nil || len(wanted) == 0 {
		return true
	}
	return slices.Contains(wanted, value)
}

func (a *app) listEvents(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	a.mu.Lock()
	status := a.settings.StoreStatus
	rows := slices.Clone(a.events)
	a.mu.Unlock()
	if status != 0 {
		http.Error(w, "the store is set to this status", status)
		return
	}
	actedUpon := query.Get("actedUpon") + query.Get("acted_upon")
	severities := map[string]int{}
	rows = slices.DeleteFunc(rows, func(event *storedEvent) bool {
		severities[event.Severity]++
		return !listed(query.Get("severity"), event.Severity) || !listed(query.Get("category"), event.Category) ||
			!listed(query.Get("action"), event.Action) || !listed(actedUpon, event.ActedUpon) ||
			(query.Get("status") != "" && query.Get("status") != event.Status) ||
			!strings.Contains(event.Description, query.Get("search"))
	})
	slices.SortStableFunc(rows, func(one, other *storedEvent) int {
		if query.Get("sort") == "created_at" {
			return one.CreatedAt.Compare(other.CreatedAt)
		}
		return one.UpdatedAt.Compare(other.UpdatedAt)
	})
	if query.Get("order") != "asc" {
		slices.Reverse(rows)
	}
	size := 25
	if text := query.Get("pagesize"); text == "all" {
		size = max(len(rows), 1)
	} else if number, err := strconv.Atoi(text); err == nil && number > 0 {
		size = number
	}
	page, _ := strconv.Atoi(query.Get("page"))
	from := min(max(page, 0)*size, len(rows))
	counts := []map[string]any{}
	for severity, count := range severities {
		counts = append(counts, map[string]any{"severity": severity, "count": count})
	}
	// The local store leaves `page` at 0 whatever was requested.
	writeJSON(w, http.StatusOK, map[string]any{
		"events": rows[from:min(from+size, len(rows))], "page": 0, "page_size": size, "total_count": len(rows),
		"count_by_severity_level": counts,
	})
}
