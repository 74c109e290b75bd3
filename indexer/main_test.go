package indexer

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/waltrail/waltrail/internal/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.Runner{M: m}) }
