// Package triggers tells the world of changes: it publishes durable documents
// on NATS JetStream, in order, at least once, and is the only importer of nats.go.
//
//   - config.go, validate.go: Config and Rule, their defaults and their mistakes
//   - rules.go, env.go: which rules fire for a document
//   - subject.go: subjects, and what covers them
//   - message.go, oversize.go: the message of a document
//   - flight.go: what is sent, acknowledged and refused; pure, without a clock
//   - publisher.go, round.go, refusal.go: Publish, its rounds, what a refusal means
//   - ack.go: reading acknowledgements
//   - connect.go: the connection and its options
//   - stream.go, check.go: the stream, and the lines of the doctor
//   - metrics.go: what Prometheus sees
//
// # Order
//
// Many messages are in flight, and first deliveries of one item still come in
// commit order, whatever is lost, refused, sent twice or overtaken on the way, and however
// server and client library reconnect. A change of an item that has another in flight
//
//   - waits until all up to that one are acknowledged, or
//   - when they are close together, leaves at once, chained: it and the messages between
//     go out on condition that the stream's last message is the one before
//     (Nats-Expected-Last-Msg-Id). If anything is missing, the server refuses the rest.
//
// A refused chain costs one more round without chains. They are used only
// while nothing is wrong; another publisher on the same stream may break them, which
// is why chaining pauses for a while after a break.
//
// Changes of different items may change places after a refusal; while all is
// well the whole stream is in commit order.
//
// # Which documents fire
//
// A rule names the change types it is for, by default created, changed and
// deleted. Each of the three includes its refinements: changed includes archived,
// restored and reverted; deleted includes soft_deleted and truncated. Every message carries its exact
// type in its subject. Events and emails fire where no "on" is given. Baseline
// snapshots and access records never fire.
//
// # What it does not do
//
// It does not decide whether a document is durable (its caller publishes only
// what is), keeps no state between processes, and never changes a stream that exists.
package triggers
