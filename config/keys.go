package config

import "github.com/waltrail/waltrail/config/internal/strict"

// keys documents every key for the schema. A test sees to it that none is
// missing and none is left over.
func keys() map[string]strict.Key {
	all := map[string]strict.Key{}
	for _, part := range []map[string]strict.Key{stationKeys(), entityKeys(), otherKeys()} {
		for path, key := range part {
			all[path] = key
		}
	}
	return all
}

func text(s string) strict.Key { return strict.Key{Text: s} }

func required(s string) strict.Key { return strict.Key{Text: s, Required: true} }

func enum(s string, words ...string) strict.Key { return strict.Key{Text: s, Enum: words} }

func stationKeys() map[string]strict.Key {
	return map[string]strict.Key{
		"system": required("Names the audited system in indices and subjects: 1 to 32 of a-z, 0-9 and _."),

		"postgres":               required("The audited database."),
		"postgres.dsn":           required("Connection string: postgres://user@host/database?sslmode=verify-full."),
		"postgres.password_file": text("File with the password, read again at each connection."),
		"postgres.slot":          text("Replication slot; default waltrail_<system>. Made by `waltrail setup` when missing."),
		"postgres.publication":   text("Publication; default waltrail_<system>. Made by `waltrail setup` when missing."),
		"postgres.snapshot":      enum("Whether existing rows are recorded once before the changes.", "initial", "never"),

		"elasticsearch":                text("Where documents are kept."),
		"elasticsearch.mode":           enum("triggers_only keeps nothing and only publishes: a mode for developers.", "index", "triggers_only"),
		"elasticsearch.addresses":      text("URLs of the nodes; default http://127.0.0.1:9200."),
		"elasticsearch.addresses[]":    text("URL of a node."),
		"elasticsearch.cloud_id":       text("A hosted deployment, in place of addresses."),
		"elasticsearch.ca_file":        text("PEM certificates to trust in place of the system's."),
		"elasticsearch.fingerprint":    text("SHA-256 of the server's or its CA's certificate, in hexadecimal."),
		"elasticsearch.insecure":       text("Allows plain HTTP to another machine."),
		"elasticsearch.api_key":        text("API key in its encoded form; better: api_key_file."),
		"elasticsearch.api_key_file":   text("File with the API key, read again when the server refuses it."),
		"elasticsearch.username":       text("User name, with password_file."),
		"elasticsearch.password":       text("Password; better: password_file."),
		"elasticsearch.password_file":  text("File with the password, read again when the server refuses it."),
		"elasticsearch.replicas":       text("Copies of each new index beside the primary; default 1."),
		"elasticsearch.bulk_bytes":     text("Largest bulk request, in bytes; default 5 MiB."),
		"elasticsearch.bulk_documents": text("Most documents in one bulk request; default 5000."),
		"elasticsearch.codec":          enum("How new indices are stored on disk: best_compression is smaller and costs CPU.", "default", "best_compression"),
		"elasticsearch.timeout":        text("Time for one request; default 1m."),

		"nats":                   text("Where triggers are published."),
		"nats.url":               text("Server, or several with commas between; default nats://127.0.0.1:4222."),
		"nats.credentials_file":  text("File with a JWT and its seed."),
		"nats.nkey_file":         text("File with an nkey seed."),
		"nats.tls":               text("How the server is verified and how Waltrail identifies itself."),
		"nats.tls.ca_file":       text("PEM certificates to trust in place of the system's."),
		"nats.tls.cert_file":     text("PEM client certificate, with key_file."),
		"nats.tls.key_file":      text("PEM key of cert_file."),
		"nats.insecure":          text("Allows a connection to another machine without TLS."),
		"nats.stream":            text("JetStream stream, default TRAIL; made when missing, never changed."),
		"nats.replicas":          text("Replicas of a new stream; default 1."),
		"nats.duplicate_window":  text("How long a new stream drops repetitions; default 10m."),
		"nats.max_pending":       text("Most messages sent and not yet acknowledged; default 4000."),
		"nats.max_pending_bytes": text("Most bytes sent and not yet acknowledged; default 16 MiB."),
	}
}

func entityKeys() map[string]strict.Key {
	return map[string]strict.Key{
		"entities":                         required("The audited tables: a name of a-z, 0-9 and _ for each kind of item."),
		"entities.*":                       text("One kind of item."),
		"entities.*.table":                 required("schema.table; * stands for any characters, for partitions."),
		"entities.*.label":                 text("Name for people; default: the entity's name."),
		"entities.*.identifier":            text("Column(s) of the business identifier; default: the primary key."),
		"entities.*.identifier[]":          text("A column."),
		"entities.*.title":                 text("Column(s) of the label shown for an item, kept as it was at the time of the change."),
		"entities.*.title[]":               text("A column."),
		"entities.*.key":                   text("Column(s) that identify a row of a table without a primary key."),
		"entities.*.key[]":                 text("A column."),
		"entities.*.fields":                text("Settings of columns, and skip."),
		"entities.*.fields.skip":           text("Columns that are never recorded; a change of only these makes no document."),
		"entities.*.fields.skip[]":         text("A column."),
		"entities.*.fields.*":              text("A column."),
		"entities.*.fields.*.label":        text("Name of the field for people."),
		"entities.*.fields.*.sensitive":    text("Masks the column (redact) unless mask says otherwise."),
		"entities.*.fields.*.mask":         enum("How values are masked before they are stored.", "redact", "last4", "hmac", "none"),
		"entities.*.fields.*.transform":    text("Expression over value, as in round(float(value), 2)."),
		"entities.*.status":                text("The lifecycle of the item, shown as coloured chips."),
		"entities.*.status.field":          required("Column with the state."),
		"entities.*.status.values":         text("The states, by their code."),
		"entities.*.status.values.*":       text("A state."),
		"entities.*.status.values.*.label": text("Name of the state for people."),
		"entities.*.status.values.*.color": text("Colour, '#rrggbb' in quotes."),
		"entities.*.soft_delete":           text("A column that marks rows as deleted."),
		"entities.*.soft_delete.field":     required("The column."),
		"entities.*.soft_delete.value":     text("The value that means deleted; without it, anything but null."),
		"entities.*.archive":               text("A column that marks rows as archived."),
		"entities.*.archive.field":         required("The column."),
		"entities.*.archive.value":         text("The value that means archived; without it, anything but null."),
		"entities.*.actor":                 text("Who made a change that came without a context."),
		"entities.*.actor.column":          required("Column with the user's id."),
		"entities.*.index_group":           text("One of index_groups; default: default."),
		"entities.*.triggers":              text("Whether changes are published; default true."),
		"entities.*.parent":                text("The item in whose History these changes show too."),
		"entities.*.parent.entity":         required("One of the entities."),
		"entities.*.parent.key":            required("Column here that holds the parent's primary key."),
		"entities.*.qualifiers":            text("Columns that tell sibling rows apart: price[currency=EUR]."),
		"entities.*.qualifiers[]":          text("A column."),
		"entities.*.container":             text("What the item lies in, such as a catalog."),
		"entities.*.container.entity":      required("One of the entities."),
		"entities.*.container.key":         required("Column here that holds the container's primary key."),
		"entities.*.container.kind_column": text("Column here with the container's kind, such as master or supplier."),
		"mask_key_file":                    text("File with the secret of the hmac mask, at least 16 characters."),
		"max_value_bytes":                  text("Size above which a recorded value is cut; default 65536."),
		"index_groups":                     text("Groups of indices, each with its own retention and read permission."),
		"index_groups.*":                   text("A group of indices."),
		"index_groups.*.period":            enum("Time that one index covers.", "month"),
		"index_groups.*.retention":         text("How long documents are kept: 90d, 12w, 24m, 2y or forever. Not in effect in this version."),
	}
}

func otherKeys() map[string]strict.Key {
	return map[string]strict.Key{
		"http":          text("The daemon's own server: health and metrics."),
		"http.listen":   text("host:port; default 127.0.0.1:8080."),
		"http.insecure": text("Allows an address beyond this machine without auth."),

		"triggers":              text("Rules that say what is published; without any, every created, changed and deleted fires."),
		"triggers[]":            text("A rule."),
		"triggers[].name":       required("Unique name: letters, digits, - and _."),
		"triggers[].on":         text("Change types; default created, changed, deleted and what they include."),
		"triggers[].on[]":       enum("A change type.", "created", "changed", "deleted", "soft_deleted", "archived", "restored", "reverted", "truncated", "event", "email", "schema", "gap"),
		"triggers[].entities":   text("Entities it is for; default all."),
		"triggers[].entities[]": text("One of the entities."),
		"triggers[].when":       text("Condition (expr-lang.org) that a change must meet."),
		"triggers[].subject":    text("Subject; default trail.<system>.<entity>.<change type>."),

		"visibility":                                 text("Which profile sees what. Not in effect in this version."),
		"visibility.profiles":                        text("The profiles, by name."),
		"visibility.profiles.*":                      text("What one kind of reader sees."),
		"visibility.profiles.*.default":              enum("What happens where no rule matches.", "show", "mask", "hide"),
		"visibility.profiles.*.off":                  text("Refuses these readers altogether."),
		"visibility.profiles.*.rules":                text("Exceptions from default."),
		"visibility.profiles.*.rules[]":              text("An exception."),
		"visibility.profiles.*.rules[].entities":     text("Entities it is for; default all."),
		"visibility.profiles.*.rules[].entities[]":   text("An entity."),
		"visibility.profiles.*.rules[].changes":      text("Change types it is for; default all."),
		"visibility.profiles.*.rules[].changes[]":    enum("A change type.", changeTypes()...),
		"visibility.profiles.*.rules[].fields":       text("Fields it is for; default all."),
		"visibility.profiles.*.rules[].fields[]":     text("A field, by its unqualified name."),
		"visibility.profiles.*.rules[].interfaces":   text("Interfaces through which the reader comes; default all."),
		"visibility.profiles.*.rules[].interfaces[]": text("An interface."),
		"visibility.profiles.*.rules[].when":         text("Condition (expr-lang.org) that a change must meet."),
		"visibility.profiles.*.rules[].action":       {Text: "What happens.", Enum: []string{"show", "mask", "hide"}, Required: true},

		"auth":                         text("How readers prove who they are. Not in effect in this version."),
		"auth.oidc":                    text("OpenID Connect provider."),
		"auth.oidc.issuer":             text("URL of the provider."),
		"auth.oidc.client_id":          text("Waltrail's client id there."),
		"auth.oidc.client_secret_file": text("File with the client's secret."),
		"auth.oidc.profile_claim":      text("Claim that names the reader's profile."),
		"auth.api_keys_file":           text("YAML file with hashes of API keys."),

		"watchdog":          text("Compares database, index and triggers. Not in effect in this version."),
		"watchdog.interval": text("Between two full comparisons; default 24h."),
		"watchdog.health":   text("Between two quick ones; default 1m."),
		"watchdog.repair":   text("Whether it may write what is missing; default false."),
	}
}
