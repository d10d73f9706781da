package client

import (
	"crypto/tls"
	"net/http"
	"os"
)

func client() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}}
}

func token() string { return os.Getenv("API_TOKEN") }
