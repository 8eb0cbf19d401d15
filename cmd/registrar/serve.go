package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"data.release/registrar/extract/delivery"
	"data.release/registrar/graph"
	"data.release/registrar/migrations"
	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger"
	"data.release/registrar/web"
	weblog "data.release/registrar/web/log"
)

// serveCmd answers HTTP. It opens the delivery store alone: never the lake,
// never a key.
type serveCmd struct{}

// Run serves until it is told to stop.
func (c *serveCmd) Run(s *Settings) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.need("serve", map[string]string{"delivery-store": s.DeliveryStore, "verifier-key-file": s.VerifierKeyFile}); err != nil {
		return err
	}
	opened, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer opened.close()
	files, err := delivery.Open(ctx, s.DeliveryStore)
	if err != nil {
		return err
	}
	defer files.Close()
	handler, err := site(ctx, s, opened, files)
	if err != nil {
		return err
	}
	sender, err := s.sender()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.Addr)
	if err != nil {
		return fault.New(fault.Unavailable, "Nothing can listen on %s; is another registrar running there? Set REGISTRAR_ADDR to another address.", s.Addr).Because(err)
	}
	log := s.logger()
	log.Info("serving", "address", s.publicURL())
	go readRegister(ctx, log, opened.service)
	if sender != nil {
		go sendDaily(ctx, log, func(ctx context.Context) (release.DutiesSent, error) {
			return opened.service.SendDuties(ctx, sending, sender.Send)
		})
	}
	return web.Serve(ctx, listener, handler, log)
}

// registerBeat is how often new entries and texts are looked for.
const registerBeat = 5 * time.Second

// readRegister brings the register into memory before the first reader asks,
// and until ctx ends what is entered: its flags and statistics are computed,
// and the words of its texts read.
func readRegister(ctx context.Context, log *slog.Logger, service *release.Service) {
	begun := time.Now()
	if err := service.WarmRegister(ctx); err != nil && ctx.Err() == nil {
		log.Error("reading the register", "error", err)
	} else {
		log.Info("the register is in memory", "duration", time.Since(begun))
	}
	tick := time.NewTicker(registerBeat)
	defer tick.Stop()
	for {
		if n, err := service.IndexTexts(ctx); err != nil && ctx.Err() == nil {
			log.Error("reading the words of texts", "error", err)
		} else if n > 0 {
			log.Info("texts can be searched", "texts", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := service.WarmRegister(ctx); err != nil && ctx.Err() == nil {
				log.Error("reading the register", "error", err)
			}
		}
	}
}

func site(ctx context.Context, s *Settings, opened *store, files *delivery.Store) (http.Handler, error) {
	log := s.logger()
	key, err := os.ReadFile(s.VerifierKeyFile)
	if err != nil {
		return nil, fault.New(fault.Invalid, "The log's verifier key %s cannot be read.", s.VerifierKeyFile).Because(err)
	}
	tiles, err := weblog.New(ledger.Register, opened.db, strings.TrimSpace(string(key)), log)
	if err != nil {
		return nil, err
	}
	config := web.Config{
		Service: opened.service, Owner: s.Owner, Address: s.publicURL(), Log: log, Ledger: tiles,
		Graph: graph.Handler(opened.service),
		Ready: func(ctx context.Context) error { return migrations.Check(ctx, opened.db) },
	}
	if s.Issuer != "" {
		if err := members(ctx, s, opened, files, &config); err != nil {
			return nil, err
		}
	}
	return web.New(config)
}
