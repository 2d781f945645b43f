module bench.local/peers

go 1.25.5

require github.com/basecamp/kamal-proxy v0.9.2
