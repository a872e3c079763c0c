package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The optimiser must not leave out what nobody uses.
var (
	sink        int
	sinkCommand Command
)

func report(measure string, value float64) { fmt.Printf("%s %.2f\n", measure, value) }

func timed(body func()) float64 {
	start := time.Now()
	body()
	return float64(time.Since(start).Nanoseconds())
}

func median(values []float64) float64 {
	sort.Float64s(values)
	return values[len(values)/2]
}

// The median of 151 samples of about a millisecond, as in the Swift program.
func nanoseconds(body func(count int)) float64 {
	count, elapsed := 64, 0.0
	for elapsed < 500_000 {
		count *= 2
		elapsed = timed(func() { body(count) })
	}
	count = max(1, int(float64(count)*1_000_000/elapsed))
	results := make([]float64, 151)
	for i := range results {
		results[i] = timed(func() { body(count) }) / float64(count)
	}
	return median(results)
}

func nanosecondsOfTwo(count int, body func(thread, count int)) float64 {
	results := make([]float64, 15)
	for i := range results {
		results[i] = timed(func() {
			var group sync.WaitGroup
			for thread := 0; thread < 2; thread++ {
				group.Add(1)
				go func() { body(thread, count); group.Done() }()
			}
			group.Wait()
		}) / float64(count)
	}
	return median(results)
}

func get(store *Store, count int) {
	sum := 0
	for i := 0; i < count; i++ {
		value, _ := store.Get("user:1")
		sum += len(value.data)
	}
	sink += sum
}

func oneKey() {
	store := NewStore()
	value := Value{1, []byte("hello world")}
	store.Put("user:1", value)
	var parser Parser
	parse := func(line string) func(int) {
		bytes := []byte(line)
		return func(count int) {
			for i := 0; i < count; i++ {
				sinkCommand, _ = parser.Parse(line, bytes)
			}
		}
	}
	loops := []struct {
		name string
		body func(int)
	}{
		{"hot-get", func(count int) { get(store, count) }},
		{"hot-put", func(count int) {
			for i := 0; i < count; i++ {
				store.Put("user:1", value)
			}
		}},
		{"parse-get", parse("get user:1")},
		{"parse-put", parse(`put user:1 "some \"quoted\" value"`)},
	}
	for _, loop := range loops {
		report(loop.name, nanoseconds(loop.body))
		report(loop.name+"-allocations", testing.AllocsPerRun(1000, func() { loop.body(1) }))
	}
}

type manyKeys struct {
	store *Store
	// The probes as a string too: looking a string up needs no conversion.
	text   string
	probes []byte
}

func heapBytes() float64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

func makeManyKeys(count int) (*manyKeys, float64) {
	keys := makeKeys(count)
	probes := shuffle(keys)
	many := &manyKeys{NewStore(), string(probes), probes}
	before := heapBytes()
	for at := 0; at < len(keys); at += keyBytes {
		many.store.PutCopy(keys[at:at+keyBytes], 1, thirtyTwoBytes)
	}
	return many, (heapBytes() - before) / float64(count)
}

func (many *manyKeys) get(at int) int {
	value, _ := many.store.Get(many.text[at : at+keyBytes])
	return int(value.data[0])
}

func (many *manyKeys) put(at int) {
	many.store.PutCopy(many.probes[at:at+keyBytes], 1, thirtyTwoBytes)
}

func (many *manyKeys) next(at int) int {
	at += keyBytes
	if at == len(many.probes) {
		return 0
	}
	return at
}

func random(count int) {
	many, bytes := makeManyKeys(count)
	report("bytes-per-key", bytes)
	at := 0
	report("random-get", nanoseconds(func(count int) {
		sum := 0
		for i := 0; i < count; i++ {
			sum += many.get(at)
			at = many.next(at)
		}
		sink += sum
	}))
	report("random-put", nanoseconds(func(count int) {
		for i := 0; i < count; i++ {
			many.put(at)
			at = many.next(at)
		}
	}))
}

func threads(count int) {
	store := NewStore()
	store.Put("user:1", Value{1, []byte("hello world")})
	report("hot-get-2-threads", nanosecondsOfTwo(1_000_000, func(_, n int) {
		sum := 0
		for i := 0; i < n; i++ {
			value, _ := store.Get("user:1")
			sum += len(value.data)
		}
		if sum == 0 {
			panic("no value")
		}
	}))
	many, _ := makeManyKeys(count)
	report("mixed-2-threads", nanosecondsOfTwo(500_000, func(thread, n int) {
		sum, at := 0, thread*(count/2)*keyBytes
		for round := 0; round < n; round++ {
			if round%20 == 19 {
				many.put(at)
			} else {
				sum += many.get(at)
			}
			at = many.next(at)
		}
		if sum == 0 {
			panic("no value")
		}
	}))
}

func switches() int64 {
	var usage syscall.Rusage
	// Of the thread, where the system tells; 1 is RUSAGE_THREAD on Linux.
	if syscall.Getrusage(1, &usage) != nil {
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	}
	return int64(usage.Nivcsw)
}

func grow(count int) {
	runtime.LockOSThread()
	keys := makeKeys(count)
	store := NewStore()
	times := make([]float64, 0, count)
	last := switches()
	begin := time.Now()
	for i := 0; i < count; i++ {
		start := time.Now()
		store.PutCopy(keys[i*keyBytes:(i+1)*keyBytes], 1, thirtyTwoBytes)
		elapsed := time.Since(start).Nanoseconds()
		if elapsed > 20_000 {
			if now := switches(); now != last {
				last = now
				continue
			}
		} else if i&1023 == 0 {
			last = switches()
		}
		times = append(times, float64(elapsed))
	}
	mean := float64(time.Since(begin).Nanoseconds()) / float64(count)
	sort.Float64s(times)
	report("grow-p99.99", times[int(float64(len(times)-1)*0.9999)]/1000)
	report("grow-slowest", times[len(times)-1]/1000)
	report("grow-mean", mean)
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "serve" {
		serve(os.Args[2])
		return
	}
	if len(os.Args) > 2 && os.Args[1] == "load" {
		loadMain(os.Args[2:])
		return
	}
	count := 1_000_000
	if len(os.Args) > 2 {
		count, _ = strconv.Atoi(os.Args[2])
	}
	part := ""
	if len(os.Args) > 1 {
		part = os.Args[1]
	}
	switch part {
	case "one":
		oneKey()
	case "many":
		random(count)
	case "threads":
		threads(count)
	case "grow":
		grow(count)
	default:
		fmt.Println("usage: reference one|many|threads|grow [COUNT], serve PORT, load ...; see load.go")
	}
}
