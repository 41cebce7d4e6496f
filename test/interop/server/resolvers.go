package main

import (
	"context"
	"errors"
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

// Follows Meshery: one goroutine between the broadcaster's channel and gqlgen's, times set at delivery.
func (s subscription) SubscribeEvents(ctx context.Context) (<-chan *graph.Event, error) {
	a := s.app
	bell := make(chan *storedEvent, 1)
	a.mu.Lock()
	a.listeners[bell] = struct{}{}
	a.mu.Unlock()
	a.follow(ctx, "subscribeEvents")
	out := make(chan *graph.Event)
	go func() {
		defer func() {
			a.mu.Lock()
			delete(a.listeners, bell)
			a.mu.Unlock()
			close(out)
		}()
		for {
			select {
			case event := <-bell:
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

func frame(event *storedEvent) *graph.Event {
	now := time.Now()
	user := event.UserID
	if user == nilUUID {
		user = ""
	}
	return &graph.Event{
		ID: event.ID, UserID: user, ActedUpon: event.ActedUpon, OperationID: event.OperationID, SystemID: event.SystemID,
		Severity: graph.Severity(event.Severity), Action: event.Action, Status: event.Status, Category: event.Category,
		Description: event.Description, Metadata: event.Metadata, CreatedAt: now, UpdatedAt: now,
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

// One value at once, then open and silent, as the streams of state are while nothing changes.
func once[T any](ctx context.Context, a *app, field string, value T) (<-chan T, error) {
	a.follow(ctx, field)
	out := make(chan T, 1)
	out <- value
	context.AfterFunc(ctx, func() { close(out) })
	return out, nil
}

func (s subscription) SubscribeMesheryControllersStatus(ctx context.Context, ids []string) (<-chan []*graph.MesheryControllersStatusListItem, error) {
	list := []*graph.MesheryControllersStatusListItem{}
	for _, id := range ids {
		for _, controller := range graph.AllMesheryController {
			list = append(list, &graph.MesheryControllersStatusListItem{
				ConnectionID: id, Controller: controller, Status: graph.MesheryControllerStatusUnkown, Version: "",
			})
		}
	}
	return once(ctx, s.app, "subscribeMesheryControllersStatus", list)
}

func (s subscription) SubscribePerfProfiles(ctx context.Context, _ graph.PageFilter) (<-chan *graph.PerfPageProfiles, error) {
	s.app.follow(ctx, "subscribePerfProfiles")
	return make(chan *graph.PerfPageProfiles), nil
}

func (s subscription) SubscribePerfResults(ctx context.Context, _ graph.PageFilter, _ string) (<-chan *graph.PerfPageResult, error) {
	s.app.follow(ctx, "subscribePerfResults")
	return make(chan *graph.PerfPageResult), nil
}

func (s subscription) SubscribeConfiguration(ctx context.Context, _, _ graph.PageFilter) (<-chan *graph.ConfigurationPage, error) {
	return once(ctx, s.app, "subscribeConfiguration", &graph.ConfigurationPage{Patterns: &graph.PatternPageResult{}})
}

func (s subscription) SubscribeClusterResources(ctx context.Context, ids []string, _ string) (<-chan *graph.ClusterResources, error) {
	if len(ids) == 0 {
		s.app.follow(ctx, "subscribeClusterResources")
		return make(chan *graph.ClusterResources), nil
	}
	value := &graph.ClusterResources{Resources: []*graph.Resource{{Kind: "Pod", Count: 3}}}
	return once(ctx, s.app, "subscribeClusterResources", value)
}

func (s subscription) SubscribeK8sContext(ctx context.Context, _ graph.PageFilter) (<-chan *graph.K8sContextsPage, error) {
	return once(ctx, s.app, "subscribeK8sContext", &graph.K8sContextsPage{Contexts: []*graph.K8sContext{}})
}

func (s subscription) SubscribeMeshModelSummary(ctx context.Context, selector graph.MeshModelSummarySelector) (<-chan *graph.MeshModelSummary, error) {
	return once(ctx, s.app, "subscribeMeshModelSummary", summary(selector))
}

func summary(selector graph.MeshModelSummarySelector) *graph.MeshModelSummary {
	switch selector.Type {
	case "components":
		return &graph.MeshModelSummary{
			Components:    []*graph.MeshModelComponent{{Name: "kubernetes", Count: 2}},
			Relationships: []*graph.MeshModelRelationship{},
		}
	case "relationships":
		return &graph.MeshModelSummary{
			Components:    []*graph.MeshModelComponent{},
			Relationships: []*graph.MeshModelRelationship{{Name: "kubernetes", Count: 1}},
		}
	}
	return &graph.MeshModelSummary{}
}

type query struct{ app *app }

func (query) GetPerformanceProfiles(context.Context, graph.PageFilter) (*graph.PerfPageProfiles, error) {
	return &graph.PerfPageProfiles{}, nil
}

func (query) FetchResults(context.Context, graph.PageFilter, string) (*graph.PerfPageResult, error) {
	return &graph.PerfPageResult{}, nil
}

func (query) FetchAllResults(context.Context, graph.PageFilter) (*graph.PerfPageResult, error) {
	return &graph.PerfPageResult{}, nil
}

func (query) FetchPatterns(context.Context, graph.PageFilter) (*graph.PatternPageResult, error) {
	return &graph.PatternPageResult{}, nil
}

func (query) GetMeshModelSummary(_ context.Context, selector graph.MeshModelSummarySelector) (*graph.MeshModelSummary, error) {
	return summary(selector), nil
}

func (query) GetOperatorStatus(context.Context, string) (*graph.MesheryControllersStatusListItem, error) {
	return nil, nil
}

func (query) GetMeshsyncStatus(context.Context, string) (*graph.OperatorControllerStatus, error) {
	return nil, errors.New("no such connection")
}

func (query) GetNatsStatus(context.Context, string) (*graph.OperatorControllerStatus, error) {
	return nil, errors.New("no such connection")
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
