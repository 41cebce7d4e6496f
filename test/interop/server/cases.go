package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"meshery-live/interop/graph"
)

// The subscriptions of extra.graphql.
type testSubscription struct{ app *app }

// Runs `produce` in a goroutine of its own and closes the channel after it.
func source[T any](ctx context.Context, a *app, field string, produce func(put func(T) bool)) (<-chan T, error) {
	a.follow(ctx, field)
	out := make(chan T)
	go func() {
		defer close(out)
		produce(func(value T) bool { return send(ctx, out, value) })
	}()
	return out, nil
}

func (s testSubscription) TestCount(ctx context.Context, to int) (<-chan int, error) {
	return source(ctx, s.app, "testCount", func(put func(int) bool) {
		for value := 1; value <= to && put(value); value++ {
		}
	})
}

// The item of POST /_test/feed/{name}: a value, or the end.
type feedItem struct {
	value string
	end   bool
}

func (a *app) feed(name string) chan feedItem {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.feeds[name] == nil {
		a.feeds[name] = make(chan feedItem)
	}
	return a.feeds[name]
}

func (s testSubscription) TestFeed(ctx context.Context, name string) (<-chan string, error) {
	feed := s.app.feed(name)
	return source(ctx, s.app, "testFeed", func(put func(string) bool) {
		for {
			select {
			case item := <-feed:
				if item.end || !put(item.value) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	})
}

func (s testSubscription) TestEmpty(ctx context.Context) (<-chan int, error) {
	return source(ctx, s.app, "testEmpty", func(func(int) bool) {})
}

func (s testSubscription) TestMute(ctx context.Context) (<-chan int, error) {
	s.app.follow(ctx, "testMute")
	return nil, nil
}

func (s testSubscription) TestStartError(context.Context) (<-chan int, error) {
	return nil, &gqlerror.Error{Message: "cannot start", Extensions: map[string]any{"code": "TEST_REFUSED"}}
}

func (s testSubscription) TestStartPanic(context.Context) (<-chan int, error) {
	panic("panicked on request")
}

func (s testSubscription) TestFailAfter(ctx context.Context, values int) (<-chan int, error) {
	return source(ctx, s.app, "testFailAfter", func(put func(int) bool) {
		for value := 1; value <= values; value++ {
			if !put(value) {
				return
			}
		}
		transport.AddSubscriptionError(ctx, &gqlerror.Error{
			Message: "failed on the way", Extensions: map[string]any{"code": "TEST_FAILED"},
		})
	})
}

func (s testSubscription) TestPartial(ctx context.Context, to int) (<-chan *graph.Partial, error) {
	return source(ctx, s.app, "testPartial", func(put func(*graph.Partial) bool) {
		for value := 1; value <= to && put(&graph.Partial{Value: value}); value++ {
		}
	})
}

func (s testSubscription) TestNull(ctx context.Context) (<-chan *graph.Partial, error) {
	return source(ctx, s.app, "testNull", func(put func(*graph.Partial) bool) {
		_ = put(nil) && put(&graph.Partial{Value: 2})
	})
}

func (s testSubscription) TestBig(ctx context.Context, bytes int) (<-chan string, error) {
	return once(ctx, s.app, "testBig", strings.Repeat("x", bytes))
}

func (s testSubscription) TestFlood(ctx context.Context, bytes int) (<-chan string, error) {
	padding := strings.Repeat("x", bytes)
	return source(ctx, s.app, "testFlood", func(put func(string) bool) {
		for value := 1; put(strconv.Itoa(value) + " " + padding); value++ {
		}
	})
}
