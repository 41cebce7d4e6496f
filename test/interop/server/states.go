package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"slices"

	"meshery-live/interop/graph"
)

// At first one list of all that is known, then one of a single item for each that changed. Unknown ids are
// skipped without a message, so without ids the list is empty, and the only one.
func (s subscription) SubscribeMesheryControllersStatus(ctx context.Context, ids []string) (<-chan []*graph.MesheryControllersStatusListItem, error) {
	type key struct {
		connection string
		controller graph.MesheryController
	}
	sent := map[key]graph.MesheryControllersStatusListItem{}
	news := func() []*graph.MesheryControllersStatusListItem {
		list := []*graph.MesheryControllersStatusListItem{}
		for _, one := range s.app.now().Controllers {
			known := key{one.ConnectionID, one.Controller}
			if slices.Contains(ids, one.ConnectionID) && sent[known] != *one {
				sent[known] = *one
				list = append(list, one)
			}
		}
		return list
	}
	changed := s.app.listen(ctx, "controllers")
	return source(ctx, s.app, "subscribeMesheryControllersStatus", func(put func([]*graph.MesheryControllersStatusListItem) bool) {
		if !put(news()) {
			return
		}
		for {
			select {
			case <-changed:
				for _, one := range news() {
					if !put([]*graph.MesheryControllersStatusListItem{one}) {
						return
					}
				}
			case <-ctx.Done():
				return
			}
		}
	})
}

// Nothing at first; a page for each end of a run that this subscriber, of all on the server, receives.
func runs[T any](ctx context.Context, a *app, field string, channel *chan struct{}, page func() (*T, error)) (<-chan *T, error) {
	ends := a.runEnds(channel)
	return source(ctx, a, field, func(put func(*T) bool) {
		for {
			select {
			case <-ends:
				if !putPart(put, "", func(string) (*T, error) { return page() }) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	})
}

func (s subscription) SubscribePerfProfiles(ctx context.Context, selector graph.PageFilter) (<-chan *graph.PerfPageProfiles, error) {
	return runs(ctx, s.app, "subscribePerfProfiles", &s.app.profileEnds, func() (*graph.PerfPageProfiles, error) {
		return profiles(s.app.now(), selector)
	})
}

func (s subscription) SubscribePerfResults(ctx context.Context, selector graph.PageFilter, profile string) (<-chan *graph.PerfPageResult, error) {
	return runs(ctx, s.app, "subscribePerfResults", &s.app.resultEnds, func() (*graph.PerfPageResult, error) {
		if profile == "" {
			return nil, errInvalidRequest
		}
		return results(s.app.now(), selector, profile)
	})
}

// Designs and filters each in a message of their own.
func (s subscription) SubscribeConfiguration(ctx context.Context, patterns, filters graph.PageFilter) (<-chan *graph.ConfigurationPage, error) {
	parts := []string{"patterns", "filters"}
	return following(ctx, s.app, "subscribeConfiguration", parts, func(part string) (*graph.ConfigurationPage, error) {
		page, err := filterPage(s.app.now(), selected(filters))
		if part == "patterns" {
			page, err = patternPage(s.app.now(), selected(patterns))
		}
		if err != nil {
			return nil, err
		}
		return decoded[graph.ConfigurationPage](row{part: page})
	})
}

func (s subscription) SubscribeClusterResources(ctx context.Context, ids []string, namespace string) (<-chan *graph.ClusterResources, error) {
	if len(ids) == 0 {
		log.Print("no Kubernetes cluster was asked for")
		s.app.follow(ctx, "subscribeClusterResources")
		return make(chan *graph.ClusterResources), nil
	}
	return following(ctx, s.app, "subscribeClusterResources", []string{"resources"}, func(string) (*graph.ClusterResources, error) {
		return clusterResources(s.app.now(), ids, namespace), nil
	})
}

func (s subscription) SubscribeK8sContext(ctx context.Context, selector graph.PageFilter) (<-chan *graph.K8sContextsPage, error) {
	// Without a check whether they exist: Meshery panics here too.
	wanted := wish{selector.Page, selector.PageSize, *selector.Search, *selector.Order}
	return following(ctx, s.app, "subscribeK8sContext", []string{"contexts"}, func(string) (*graph.K8sContextsPage, error) {
		page, err := contextPage(s.app.now(), wanted)
		if err != nil {
			return nil, err
		}
		return decoded[graph.K8sContextsPage](page)
	})
}

func (s subscription) SubscribeMeshModelSummary(ctx context.Context, selector graph.MeshModelSummarySelector) (<-chan *graph.MeshModelSummary, error) {
	return following(ctx, s.app, "subscribeMeshModelSummary", []string{"registry"}, func(string) (*graph.MeshModelSummary, error) {
		return summary(s.app.now(), selector), nil
	})
}

type query struct{ app *app }

var errInvalidRequest = errors.New("invalid request")

func profiles(w world, selector graph.PageFilter) (*graph.PerfPageProfiles, error) {
	page, err := profilePage(w, selected(selector))
	if err != nil {
		return nil, err
	}
	return decoded[graph.PerfPageProfiles](page)
}

// REST has any JSON where GraphQL has text.
func results(w world, selector graph.PageFilter, profile string) (*graph.PerfPageResult, error) {
	page, err := resultPage(w, selected(selector), profile)
	if err != nil {
		return nil, err
	}
	list := []row{}
	for _, result := range page["results"].([]row) {
		copied := row{}
		for key, value := range result {
			copied[key] = value
			if _, text := value.(string); text || (key != "server_metrics" && key != "server_board_config") {
				continue
			}
			bytes, err := json.Marshal(value)
			if err != nil {
				return nil, err
			}
			copied[key] = string(bytes)
		}
		list = append(list, copied)
	}
	page["results"] = list
	return decoded[graph.PerfPageResult](page)
}

func (q query) GetPerformanceProfiles(_ context.Context, selector graph.PageFilter) (*graph.PerfPageProfiles, error) {
	return profiles(q.app.now(), selector)
}

func (q query) FetchResults(_ context.Context, selector graph.PageFilter, profile string) (*graph.PerfPageResult, error) {
	if profile == "" {
		return nil, errInvalidRequest
	}
	return results(q.app.now(), selector, profile)
}

func (q query) FetchAllResults(_ context.Context, selector graph.PageFilter) (*graph.PerfPageResult, error) {
	return results(q.app.now(), selector, "")
}

func (q query) FetchPatterns(_ context.Context, selector graph.PageFilter) (*graph.PatternPageResult, error) {
	page, err := patternPage(q.app.now(), selected(selector))
	if err != nil {
		return nil, err
	}
	return decoded[graph.PatternPageResult](page)
}

func (q query) GetMeshModelSummary(_ context.Context, selector graph.MeshModelSummarySelector) (*graph.MeshModelSummary, error) {
	return summary(q.app.now(), selector), nil
}

// The controller of a connection; an unknown one has `UNKOWN` and no version.
func (q query) controller(connection string, controller graph.MesheryController) *graph.MesheryControllersStatusListItem {
	for _, one := range q.app.now().Controllers {
		if one.ConnectionID == connection && one.Controller == controller {
			return one
		}
	}
	return &graph.MesheryControllersStatusListItem{
		ConnectionID: connection, Controller: controller, Status: graph.MesheryControllerStatusUnkown,
	}
}

func (q query) GetOperatorStatus(_ context.Context, connection string) (*graph.MesheryControllersStatusListItem, error) {
	return q.controller(connection, graph.MesheryControllerOperator), nil
}

// MeshSync and the broker answer in another enum.
var statuses = map[graph.MesheryControllerStatus]graph.Status{
	graph.MesheryControllerStatusConnected:   graph.StatusConnected,
	graph.MesheryControllerStatusDeployed:    graph.StatusEnabled,
	graph.MesheryControllerStatusDeploying:   graph.StatusProcessing,
	graph.MesheryControllerStatusEnabled:     graph.StatusEnabled,
	graph.MesheryControllerStatusNotdeployed: graph.StatusDisabled,
	graph.MesheryControllerStatusRunning:     graph.StatusEnabled,
	graph.MesheryControllerStatusUndeployed:  graph.StatusDisabled,
	graph.MesheryControllerStatusUnkown:      graph.StatusUnknown,
}

func (q query) other(connection string, controller graph.MesheryController, name string) *graph.OperatorControllerStatus {
	found := q.controller(connection, controller)
	if found.Status == graph.MesheryControllerStatusUnkown {
		name = ""
	}
	return &graph.OperatorControllerStatus{
		Name: name, Version: found.Version, Status: statuses[found.Status], ConnectionID: connection,
	}
}

func (q query) GetMeshsyncStatus(_ context.Context, connection string) (*graph.OperatorControllerStatus, error) {
	return q.other(connection, graph.MesheryControllerMeshsync, "MeshSync"), nil
}

func (q query) GetNatsStatus(_ context.Context, connection string) (*graph.OperatorControllerStatus, error) {
	return q.other(connection, graph.MesheryControllerBroker, "MesheryBroker"), nil
}
