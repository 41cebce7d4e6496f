package main

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"meshery-live/interop/graph"
)

// The page of a list, as in REST and GraphQL: as texts.
type wish struct{ page, size, search, order string }

func wishOf(r *http.Request) wish {
	query := r.URL.Query()
	return wish{query.Get("page"), query.Get("pagesize"), query.Get("search"), query.Get("order")}
}

func selected(selector graph.PageFilter) wish {
	return wish{selector.Page, selector.PageSize, orEmpty(selector.Search), orEmpty(selector.Order)}
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

var configurationColumns = []string{"created_at", "updated_at", "name"}
var profileColumns = []string{"updated_at", "created_at", "name", "last_run"}

// One page with the field names of v0.8. A page or a size that is not a number is an error; empty ones are 0 and 10.
func pageOf(name string, rows []row, columns []string, wanted wish) (row, error) {
	page, err := strconv.ParseUint(cmp.Or(wanted.page, "0"), 10, 32)
	if err != nil {
		return nil, err
	}
	size, err := strconv.ParseUint(cmp.Or(wanted.size, "10"), 10, 32)
	if err != nil {
		return nil, err
	}
	found := slices.DeleteFunc(slices.Clone(rows), func(one row) bool {
		return !strings.Contains(strings.ToLower(fmt.Sprint(one["name"])), strings.ToLower(wanted.search))
	})
	sortRows(found, columns, wanted.order)
	from := min(int(page*size), len(found))
	return row{
		"page": page, "page_size": size, "total_count": len(found), name: found[from:min(from+int(size), len(found))],
	}, nil
}

// Two words and one blank, the first of them a column of the list; all but `desc` is ascending. Else `updated_at desc`.
func sortRows(rows []row, columns []string, order string) {
	words := strings.Split(order, " ")
	column, sign := "updated_at", -1
	if len(words) == 2 && slices.Contains(columns, words[0]) {
		column = words[0]
		if strings.ToLower(words[1]) != "desc" {
			sign = 1
		}
	}
	slices.SortStableFunc(rows, func(one, other row) int {
		return sign * strings.Compare(fmt.Sprint(one[column]), fmt.Sprint(other[column]))
	})
}

func contextPage(w world, wanted wish) (row, error) {
	return pageOf("contexts", w.Contexts, configurationColumns, wanted)
}

func patternPage(w world, wanted wish) (row, error) {
	return pageOf("patterns", w.Patterns, configurationColumns, wanted)
}

func filterPage(w world, wanted wish) (row, error) {
	return pageOf("filters", w.Filters, configurationColumns, wanted)
}

func profilePage(w world, wanted wish) (row, error) {
	return pageOf("profiles", w.Profiles, profileColumns, wanted)
}

// The results of one profile, or of all when it is empty. The Local provider ignores search and order.
func resultPage(w world, wanted wish, profile string) (row, error) {
	rows := slices.DeleteFunc(slices.Clone(w.Results), func(one row) bool {
		return profile != "" && one["performance_profile"] != profile
	})
	return pageOf("results", rows, nil, wish{page: wanted.page, size: wanted.size})
}

// How many different values each name has, in no order, as in Go's maps.
func distinct[T any](rows []registered, name, value func(registered) string, item func(name string, count int) T) []T {
	values := map[string]map[string]bool{}
	for _, one := range rows {
		if values[name(one)] == nil {
			values[name(one)] = map[string]bool{}
		}
		values[name(one)][value(one)] = true
	}
	list := []T{}
	for name, found := range values {
		list = append(list, item(name, len(found)))
	}
	return list
}

// Any other type than these two leaves both lists null.
func summary(w world, selector graph.MeshModelSummarySelector) *graph.MeshModelSummary {
	answer := &graph.MeshModelSummary{Components: []*graph.MeshModelComponent{}, Relationships: []*graph.MeshModelRelationship{}}
	switch selector.Type {
	case "components":
		answer.Components = distinct(w.Components,
			func(one registered) string { return one.Model.Name },
			func(one registered) string { return one.Model.Version },
			func(name string, count int) *graph.MeshModelComponent {
				return &graph.MeshModelComponent{Name: name, Count: count}
			})
	case "relationships":
		answer.Relationships = distinct(w.Relationships,
			func(one registered) string { return one.Kind },
			func(one registered) string { return one.SubType },
			func(name string, count int) *graph.MeshModelRelationship {
				return &graph.MeshModelRelationship{Name: name, Count: count}
			})
	default:
		return &graph.MeshModelSummary{}
	}
	return answer
}

// Counts by kind, in the order of the kinds.
func clusterResources(w world, clusters []string, namespace string) *graph.ClusterResources {
	list := []*graph.Resource{}
	for _, one := range w.Resources {
		if !slices.Contains(clusters, one.Cluster) || one.Namespace != namespace {
			continue
		}
		at := slices.IndexFunc(list, func(resource *graph.Resource) bool { return resource.Kind == one.Kind })
		if at < 0 {
			list = append(list, &graph.Resource{Kind: one.Kind, Count: one.Count})
		} else {
			list[at].Count += one.Count
		}
	}
	slices.SortFunc(list, func(one, other *graph.Resource) int { return strings.Compare(one.Kind, other.Kind) })
	return &graph.ClusterResources{Resources: list}
}

func (a *app) listRoutes(mux *http.ServeMux) {
	list := func(path string, page func(w world, r *http.Request) (row, error)) {
		mux.Handle("GET "+path, a.authenticated(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := page(a.now(), r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			writeJSON(w, http.StatusOK, body)
		})))
	}
	simple := func(path string, page func(w world, wanted wish) (row, error)) {
		list(path, func(w world, r *http.Request) (row, error) { return page(w, wishOf(r)) })
	}
	simple("/api/system/kubernetes/contexts", contextPage)
	simple("/api/pattern", patternPage)
	simple("/api/filter", filterPage)
	simple("/api/user/performance/profiles", profilePage)
	list("/api/user/performance/profiles/{id}/results", func(w world, r *http.Request) (row, error) {
		return resultPage(w, wishOf(r), r.PathValue("id"))
	})
	simple("/api/user/performance/profiles/results", func(w world, wanted wish) (row, error) {
		return resultPage(w, wanted, "")
	})
	mux.Handle("GET /api/system/meshsync/resources/summary", a.authenticated(http.HandlerFunc(a.resourceSummary)))
	// The registry requires no credentials.
	for _, name := range []string{"models", "components", "relationships"} {
		mux.HandleFunc("GET /api/meshmodels/"+name, func(w http.ResponseWriter, r *http.Request) {
			a.registryPage(w, r, name)
		})
	}
}

func (a *app) resourceSummary(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if len(query["clusterId"]) == 0 {
		http.Error(w, "clusterId is required", http.StatusBadRequest)
		return
	}
	type group struct {
		Kind, Model string
		Count       int
	}
	var groups []*group
	var namespaces []string
	for _, one := range a.now().Resources {
		if !slices.Contains(query["clusterId"], one.Cluster) {
			continue
		}
		if one.Namespace != "" && !slices.Contains(namespaces, one.Namespace) {
			namespaces = append(namespaces, one.Namespace)
		}
		if one.Model == "" || (len(query["namespace"]) > 0 && !slices.Contains(query["namespace"], one.Namespace)) {
			continue
		}
		same := func(known *group) bool { return known.Kind == one.Kind && known.Model == one.Model }
		if at := slices.IndexFunc(groups, same); at < 0 {
			groups = append(groups, &group{one.Kind, one.Model, one.Count})
		} else {
			groups[at].Count += one.Count
		}
	}
	// The struct has no JSON tags, so its keys are Go's, and a list without items is null.
	writeJSON(w, http.StatusOK, row{"kinds": groups, "namespaces": namespaces, "labels": nil})
}

func (a *app) registryPage(w http.ResponseWriter, r *http.Request, name string) {
	state := a.now()
	items := []any{}
	switch name {
	case "components":
		for _, one := range state.Components {
			items = append(items, row{"id": one.ID, "component": row{"kind": one.Kind}, "model": one.Model})
		}
	case "relationships":
		for _, one := range state.Relationships {
			items = append(items, one)
		}
	case "models":
		for _, one := range slices.Concat(state.Components, state.Relationships) {
			if !slices.Contains(items, any(one.Model)) {
				items = append(items, one.Model)
			}
		}
	}
	query := r.URL.Query()
	// A text that is not a number counts as left out.
	page, _ := strconv.Atoi(query.Get("page"))
	size, err := strconv.Atoi(query.Get("pagesize"))
	if err != nil || size < 1 {
		size = 25
	}
	if query.Get("pagesize") == "all" {
		page, size = 0, len(items)
	}
	from := min(max(page, 0)*size, len(items))
	writeJSON(w, http.StatusOK, row{
		"page": page, "page_size": size, "total_count": len(items), name: items[from:min(from+size, len(items))],
	})
}
