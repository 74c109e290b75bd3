package demo

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// session names one database connection of the shop, as pg_stat_activity shows it.
type session struct{ role, application string }

// session is the connection that a channel uses. The last one is a person with
// psql, of whom the trail can only learn what the database knows.
func (c channel) session() session {
	switch c {
	case clientUI:
		return session{"shop_app", "shop-web"}
	case backOffice:
		return session{"shop_app", "shop-backoffice"}
	case cron:
		return session{"shop_app", "shop-cron"}
	case api, imports:
		return session{"shop_app", "shop-api"}
	default:
		return session{"shop_dba", "psql"}
	}
}

// channel is the interface that a change comes through; the value is what
// trail.origin.interface says.
type channel string

const (
	clientUI   channel = "client_ui"
	backOffice channel = "backoffice"
	cron       channel = "cron"
	api        channel = "api"
	imports    channel = "import"
	psql       channel = "sql"
)

// person is who makes a change, in the words of trail.set_context.
type person struct {
	ID    string   `json:"id"`
	Name  string   `json:"name,omitempty"`
	Email string   `json:"email,omitempty"`
	Roles []string `json:"roles,omitempty"`
}

// staff are the people of the back office.
func staff() []person {
	return []person{
		{"187234", "Jane Doe", "jane.doe@shop.example", []string{"sales"}},
		{"187301", "Tomáš Novák", "tomas.novak@shop.example", []string{"support"}},
		{"187455", "Aïcha Benali", "aicha.benali@shop.example", []string{"catalog", "pricing"}},
		{"186002", "Siobhán O'Neill", "siobhan.oneill@shop.example", []string{"support", "admin"}},
	}
}

// run is the API call or cron run that a change is part of.
type run struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	URL  string `json:"url,omitempty"`
}

// origin is the channel, as trail.origin has it.
type origin struct {
	Interface channel `json:"interface"`
	Name      string  `json:"name"`
	Run       *run    `json:"run,omitempty"`
}

// account is the context of one transaction, the argument of trail.set_context.
type account struct {
	User      *person `json:"user,omitempty"`
	Origin    origin  `json:"origin"`
	Reason    string  `json:"reason,omitempty"`
	ClientIP  string  `json:"client_ip,omitempty"`
	RequestID string  `json:"request_id,omitempty"`
}

// json is the argument of trail.set_context.
func (a account) json() (string, error) {
	text, err := json.Marshal(a)
	return string(text), err
}

// account says who comes this time; customer is the id of a contact, serial
// numbers the request.
func (s script) account(rng *rand.Rand, customer, serial int) account {
	request := fmt.Sprintf("req-%06d", serial)
	a := account{Origin: origin{Interface: s.via, Name: s.place}, Reason: s.reason}
	switch s.via {
	case clientUI:
		a.User = &person{ID: fmt.Sprintf("contact-%d", customer), Roles: []string{"customer"}}
		a.ClientIP, a.RequestID = fmt.Sprintf("198.51.100.%d", 1+customer%250), request
	case backOffice:
		who := pick(rng, staff())
		a.User, a.ClientIP, a.RequestID = &who, fmt.Sprintf("203.0.113.%d", 1+rng.IntN(9)), request
	case api, imports:
		a.User = &person{ID: "key-erp", Name: "ERP connector", Roles: []string{"integration"}}
		a.ClientIP, a.RequestID = "192.0.2.17", request
		a.Origin.Run = &run{"api_call", request, "/monitoring/api/" + request}
	case cron:
		id := fmt.Sprintf("%s-%d", s.place, serial)
		a.User = &person{ID: "system", Name: "Scheduler"}
		a.Origin.Run = &run{"cron_run", id, "/monitoring/cron/" + id}
	}
	return a
}
