package indexer

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestRequestPolicy(t *testing.T) {
	tests := map[string]struct {
		err  error
		want policy
	}{
		"connection":         {io.ErrUnexpectedEOF, transient},
		"proxy: too large":   {&Error{Status: 413}, split},
		"proxy: bad gateway": {&Error{Status: 502}, transient},
		"proxy: too many":    {&Error{Status: 429}, transient},
		"proxy: forbidden":   {&Error{Status: 403}, hold},
		"proxy: bad request": {&Error{Status: 400}, hold},
		"queue full":         {&Error{Status: 429, Type: "es_rejected_execution_exception"}, transient},
		"flood stage":        {&Error{Status: 429, Type: "cluster_block_exception"}, hold},
		"closed":             {&Error{Status: 400, Type: "index_closed_exception"}, hold},
		"id too long":        {&Error{Status: 400, Type: "action_request_validation_exception"}, quarantine},
		"unreadable line":    {&Error{Status: 400, Type: "illegal_argument_exception", reason: "Malformed action/metadata line [3]"}, quarantine},
		"unknown parameter":  {&Error{Status: 400, Type: "illegal_argument_exception", reason: "unrecognized parameter"}, hold},
		"never heard of":     {&Error{Status: 400, Type: "brand_new_exception"}, unknown},
		"wrapped":            {errors.Join(errors.New("x"), &Error{Status: 401, Type: "security_exception"}), hold},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := requestPolicy(tt.err); got != tt.want {
				t.Errorf("policy is %s, want %s", got, tt.want)
			}
		})
	}
}

func TestItemPolicy(t *testing.T) {
	tests := map[string]struct {
		err  Error
		want policy
	}{
		"immense term":     {Error{Type: "illegal_argument_exception", reason: "Document contains at least one immense term"}, quarantine},
		"full shard":       {Error{Type: "illegal_argument_exception", reason: "Number of documents in the shard cannot exceed [2147483519]"}, hold},
		"foreign pipeline": {Error{Type: "illegal_argument_exception", reason: "pipeline with id [x] does not exist"}, hold},
		"mapping":          {Error{Type: "document_parsing_exception"}, quarantine},
		"exists":           {Error{Type: "version_conflict_engine_exception"}, conflict},
		"no type":          {Error{}, unknown},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.err.itemPolicy(); got != tt.want {
				t.Errorf("policy is %s, want %s", got, tt.want)
			}
		})
	}
}

// TestErrorsHideValues: the server quotes documents in its reasons.
func TestErrorsHideValues(t *testing.T) {
	quoting := "failed to parse field [trail.tx.id] of type [long] in document with id '1'. Preview of field's value: '" + secretValue + "'"
	for _, kind := range []string{"document_parsing_exception", "never_heard_of_exception", "illegal_argument_exception", ""} {
		e := &Error{Status: 400, Type: kind, reason: quoting}
		if strings.Contains(e.Error(), secretValue) {
			t.Errorf("%s: %v", kind, e)
		}
	}
	fields := []string{"trail.tx.id", "trail.tx"}
	if got := (&Error{reason: quoting}).field(fields); got != "trail.tx.id" {
		t.Errorf("field is %q", got)
	}
	blocked := &Error{Status: 403, Type: "cluster_block_exception", reason: "index [x] blocked by: [FORBIDDEN/8/index write (api)];"}
	if !strings.Contains(blocked.Error(), "index write") {
		t.Errorf("the operator needs the reason of a block: %v", blocked)
	}
}

// TestEveryHeldErrorHasACure: what waits for the operator must say for what.
func TestEveryHeldErrorHasACure(t *testing.T) {
	for _, kind := range []string{
		"cluster_block_exception", "index_closed_exception", "security_exception", "unavailable_shards_exception",
		"master_not_discovered_exception", "validation_exception", foreignIndex, "snapshot_in_progress_exception", "unheard_of",
	} {
		if cure(&Error{Status: 400, Type: kind}) == "" {
			t.Errorf("%s has no cure", kind)
		}
	}
}
