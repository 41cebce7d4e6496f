package main

import (
	"fmt"
	"net/http"
	"time"
)

// The provider comes as a cookie, a header or a query parameter; the token only as a cookie.
func (a *app) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		wanted := a.settings.Token
		a.mu.Unlock()
		if wanted == "" {
			next.ServeHTTP(w, r)
			return
		}
		cookie := cookieValue(r, "meshery-provider")
		if cookie == "" && r.Header.Get("meshery-provider") == "" && r.URL.Query().Get("provider") == "" {
			http.Redirect(w, r, "/provider", http.StatusFound)
			return
		}
		if cookieValue(r, "token") == wanted {
			next.ServeHTTP(w, r)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "token", Path: "/", Expires: time.Unix(1, 0), MaxAge: -1, HttpOnly: true})
		if cookie == "" {
			http.Redirect(w, r, "/provider", http.StatusFound)
			return
		}
		http.Redirect(w, r, "/auth/login?"+r.URL.RawQuery, http.StatusFound)
	})
}

func cookieValue(r *http.Request, name string) string {
	cookie, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

func (a *app) accessRoutes(mux *http.ServeMux) {
	ok := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }
	mux.HandleFunc("GET /healthz/live", ok)
	mux.HandleFunc("GET /healthz/ready", ok)
	mux.HandleFunc("GET /api/system/version", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{
			"build": "v0.8.10", "latest": "v0.8.10", "outdated": false, "commitsha": "0000000", "release_channel": "stable",
		})
	})
	mux.Handle("GET /api/token", a.authenticated(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{
			"meshery-provider": cookieValue(r, "meshery-provider"), "token": cookieValue(r, "token"),
		})
	})))
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>Meshery</title><p>Choose a provider and log in.</p>")
	}
	for _, path := range []string{"/provider", "/auth/login", "/user/login", "/{$}"} {
		mux.HandleFunc("GET "+path, page)
	}
}
