package devstack

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// envChild makes this test binary play a program that is killed; its value
// names the part (see orphan_test.go).
const envChild = "DEVSTACK_TEST_CHILD"

func TestMain(m *testing.M) {
	if part := os.Getenv(envChild); part != "" {
		if err := playChild(part); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// must stops the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
