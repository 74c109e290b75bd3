package indexer

import (
	"errors"
	"net/http"
	"strings"
)

// policy is what is done about a refusal.
type policy uint8

const (
	// unknown is a kind that the table does not have. It is held, loudly: a
	// guess could lose a document.
	unknown policy = iota
	// transient passes by itself: load, a node that left.
	transient
	// hold lasts until somebody or something changes the cluster; tried again
	// all the time, so that no restart is needed.
	hold
	// createIndex is an index that is not there.
	createIndex
	// conflict is an id that exists.
	conflict
	// quarantine is the document's own fault: no repetition helps.
	quarantine
	// split is a request that is too big.
	split
)

// String names the policy in metrics.
func (p policy) String() string {
	return [...]string{"unknown", "retry", "hold", "create_index", "conflict", "quarantine", "split"}[p]
}

// policyOfType is the one table from error.type to policy. The status is not asked: 429, 403,
// 400 and 503 each stand for several of these.
func policyOfType(kind string) policy {
	switch kind {
	case "es_rejected_execution_exception", "rejected_execution_exception", "circuit_breaking_exception",
		"timeout_exception", "process_cluster_event_timeout_exception", "elasticsearch_timeout_exception",
		"receive_timeout_transport_exception", "node_not_connected_exception", "node_disconnected_exception",
		"node_closed_exception", "connect_transport_exception", "transport_exception",
		"retry_on_primary_exception", "shard_not_in_primary_mode_exception", "already_closed_exception",
		"index_shard_closed_exception", "illegal_index_shard_state_exception", "recovery_engine_exception",
		"cluster_state_update_exception", "failed_to_commit_cluster_state_exception":
		return transient
	case "cluster_block_exception", "index_closed_exception", "no_shard_available_action_exception",
		"unavailable_shards_exception", "master_not_discovered_exception", "not_master_exception",
		"no_node_available_exception", "security_exception", "authentication_processing_error",
		"shard_not_found_exception", "snapshot_in_progress_exception", "validation_exception",
		foreignIndex:
		return hold
	case "index_not_found_exception":
		return createIndex
	case "version_conflict_engine_exception":
		return conflict
	case "document_parsing_exception", "mapper_parsing_exception", "mapper_exception",
		"strict_dynamic_mapping_exception", "max_bytes_length_exceeded_exception",
		"illegal_argument_exception", "parse_exception", "parsing_exception", "x_content_parse_exception",
		"x_content_e_o_f_exception", "json_parse_exception", "input_coercion_exception",
		"number_format_exception", "action_request_validation_exception":
		return quarantine
	case "content_too_long_exception", "too_long_http_content_exception", "too_long_frame_exception":
		return split
	}
	return unknown
}

// itemPolicy decides about one item of a bulk answer.
func (e *Error) itemPolicy() policy {
	if e.Type == "illegal_argument_exception" && e.environmental() {
		return hold
	}
	return policyOfType(e.Type)
}

// environmental says that a refusal with a document's error type is about the
// index after all: it is full, or its settings name what does not exist.
func (e *Error) environmental() bool {
	for _, sign := range []string{"umber of documents in", "pipeline with id", "no write index"} {
		if strings.Contains(e.reason, sign) {
			return true
		}
	}
	return false
}

// requestPolicy decides about a whole bulk request that failed. An error that
// is no *Error is a broken connection or answer.
func requestPolicy(err error) policy {
	var e *Error
	switch {
	case !errors.As(err, &e):
		return transient
	case e.Status == http.StatusRequestEntityTooLarge:
		return split // proxies say so without a type
	case e.Type == "":
		return untypedPolicy(e.Status)
	case policyOfType(e.Type) == quarantine && !e.namesLine():
		return hold
	}
	return policyOfType(e.Type)
}

// namesLine says that one document made the whole request unreadable. Other
// refusals of a request are about its parameters, and no document's fault.
func (e *Error) namesLine() bool {
	return e.Type != "illegal_argument_exception" || strings.Contains(e.reason, "action/metadata line")
}

// noFault is for requests that carry no document: what would be a document's
// fault elsewhere is a matter of the cluster there.
func noFault(p policy) policy {
	if p == quarantine || p == split {
		return hold
	}
	return p
}

// untypedPolicy is for answers that do not come from Elasticsearch.
func untypedPolicy(status int) policy {
	if status == http.StatusTooManyRequests || status >= http.StatusInternalServerError {
		return transient
	}
	return hold
}

// cure tells the operator what to do; empty where waiting is all there is.
func cure(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return "check that Elasticsearch runs and elasticsearch.addresses is right"
	}
	if e.Type == "illegal_argument_exception" && e.environmental() {
		return "the shard is full, or the index's settings name an ingest pipeline or a write index that does not exist (GET <index>/_settings)"
	}
	switch e.Type {
	case "cluster_block_exception":
		return "free disk space or remove the block (GET <index>/_settings shows index.blocks)"
	case "index_closed_exception":
		return "open the index: POST <index>/_open"
	case "security_exception":
		return "check the credentials and the role in deploy/elasticsearch; files are read again by themselves"
	case "unavailable_shards_exception", "no_shard_available_action_exception":
		return "bring the missing nodes back (GET _cluster/allocation/explain)"
	case "master_not_discovered_exception", "not_master_exception":
		return "bring the cluster's master nodes back"
	case "validation_exception":
		return "the cluster takes no more shards: drop old indices or raise cluster.max_shards_per_node"
	case foreignIndex:
		return "rename or delete that index, then run waltrail setup"
	}
	if requestPolicy(err) == transient {
		return ""
	}
	return "documents wait; run waltrail doctor, and report this error type if it stays"
}
