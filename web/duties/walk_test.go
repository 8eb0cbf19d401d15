package duties

import (
	"testing"

	"data.release/registrar/extract/worker"
	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/web/login/routetest"
)

func TestEveryRoleAndNobody(t *testing.T) {
	service := release.New(release.Config{DB: migrationstest.New(t).As(t, migrations.Serve).DB, Planner: worker.Planner{}})
	pages := routetest.Pages(t)
	routetest.Walk(t, pages, Routes(pages, Config{Service: service}))
}
