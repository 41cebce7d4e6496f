package main

import (
	"context"
	"fmt"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"meshery-live/interop/graph"
)

func (a *app) Query() graph.QueryResolver               { return query{a} }
func (a *app) Mutation() graph.MutationResolver         { return mutation{a} }
func (a *app) Subscription() graph.SubscriptionResolver { return subscription{testSubscription{a}} }
func (a *app) Partial() graph.PartialResolver           { return partial{} }

type subscription struct{ testSubscription }

// As Meshery does: one goroutine between the broadcaster's channel and gqlgen's.
func (s subscription) SubscribeEvents(ctx context.Context) (<-chan *graph.Event, error) {
	a := s.app
	pushed := make(chan *storedEvent, 1)
	a.mu.Lock()
	a.listeners[pushed] = struct{}{}
	a.mu.Unlock()
	a.follow(ctx, "subscribeEvents")
	out := make(chan *graph.Event)
	go func() {
		defer func() {
			a.mu.Lock()
			delete(a.listeners, pushed)
			a.mu.Unlock()
			close(out)
		}()
		for {
			select {
			case event := <-pushed:
				if !send(ctx, out, frame(event)) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

// Releases that push no id set the times at delivery.
func frame(event *storedEvent) *graph.Event {
	created, updated := event.CreatedAt, event.UpdatedAt
	if event.ID == nilUUID {
		created, updated = time.Now(), time.Now()
	}
	user := event.UserID
	if user == nilUUID {
		user = ""
	}
	return &graph.Event{
		ID: event.ID, UserID: user, ActedUpon: event.ActedUpon, OperationID: event.OperationID, SystemID: event.SystemID,
		Severity: graph.Severity(event.Severity), Action: event.Action, Status: event.Status, Category: event.Category,
		Description: event.Description, Metadata: event.Metadata, CreatedAt: created, UpdatedAt: updated,
	}
}

func send[T any](ctx context.Context, out chan<- T, value T) bool {
	select {
	case out <- value:
		return true
	case <-ctx.Done():
		return false
	}
}

// One value at once, then open without messages.
func once[T any](ctx context.Context, a *app, field string, value T) (<-chan T, error) {
	a.follow(ctx, field)
	out := make(chan T, 1)
	out <- value
	context.AfterFunc(ctx, func() { close(out) })
	return out, nil
}

func (query) TestEcho(ctx context.Context, text string) (string, error) {
	graphql.RegisterExtension(ctx, "echoed", len(text))
	return text, nil
}

type mutation struct{ app *app }

func (m mutation) TestMutate(ctx context.Context, wait bool) (int, error) {
	m.app.mu.Lock()
	m.app.mutations++
	count, release := m.app.mutations, m.app.release
	m.app.mu.Unlock()
	if wait {
		select {
		case <-release:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return count, nil
}

type partial struct{}

func (partial) Broken(_ context.Context, partial *graph.Partial) (*string, error) {
	return nil, fmt.Errorf("part %d is broken", partial.Value)
}
