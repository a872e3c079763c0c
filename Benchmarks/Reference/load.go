//go:build linux

package main

import (
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"syscall"
	"time"
)

// A load generator that speaks lines and RESP: what redis-benchmark does, for servers that it can't speak
// to. One thread and epoll, so that it costs little beside the server.
type load struct {
	port, clients, pipeline, keys, requests int
	protocol, command                       string
	value                                   string
}

type loadClient struct {
	descriptor int
	// How many bytes of replies are still to come.
	wanted int
	// A whole pipeline of requests, where the digits of their keys stand, and of the values that are set.
	requests    []byte
	digits      []int
	valueDigits []int
}

const digitCount = 12

// putDigits writes a number over the digits at the front of text.
func putDigits(text []byte, number int) {
	for index := digitCount - 1; index >= 0; index-- {
		text[index] = byte('0' + number%10)
		number /= 10
	}
}

func (load *load) request(buffer []byte, key int) []byte {
	name := fmt.Sprintf("key:%012d", key)
	if load.protocol == "lines" {
		if load.command == "get" {
			return append(buffer, "get "+name+"\n"...)
		}
		return append(buffer, "put "+name+" \""+load.value+"\"\n"...)
	}
	if load.command == "get" {
		return append(buffer, "*2\r\n$3\r\nGET\r\n$16\r\n"+name+"\r\n"...)
	}
	return append(buffer,
		fmt.Sprintf("*3\r\n$3\r\nSET\r\n$16\r\n%s\r\n$%d\r\n%s\r\n", name, len(load.value), load.value)...)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (load *load) connect() int {
	descriptor, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	check(err)
	check(syscall.Connect(descriptor, &syscall.SockaddrInet4{Port: load.port, Addr: [4]byte{127, 0, 0, 1}}))
	check(syscall.SetsockoptInt(descriptor, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1))
	return descriptor
}

// The reply to one request; all others must have the same length.
func (load *load) probe() int {
	descriptor := load.connect()
	defer syscall.Close(descriptor)
	_, err := syscall.Write(descriptor, load.request(nil, 0))
	check(err)
	reply := make([]byte, 0, 4096)
	ends := 1
	if load.protocol == "resp" && load.command == "get" {
		ends = 2
	}
	for bytes.Count(reply, []byte("\n")) < ends {
		count, err := syscall.Read(descriptor, reply[len(reply):cap(reply)])
		check(err)
		if count == 0 {
			check(fmt.Errorf("the server closed the connection"))
		}
		reply = reply[:len(reply)+count]
	}
	expected := map[string]string{
		"lines get": "\"" + load.value + "\"\n",
		"lines set": "OK\n",
		"resp get":  fmt.Sprintf("$%d\r\n%s\r\n", len(load.value), load.value),
		"resp set":  "+OK\r\n",
	}[load.protocol+" "+load.command]
	// A run may have set the key that was filled.
	if at := bytes.IndexByte(reply, load.value[0]); at >= 0 && len(reply) > at+digitCount {
		copy(reply[at+1:], load.value[1:1+digitCount])
	}
	if string(reply) != expected {
		check(fmt.Errorf("the reply is %q, not %q", reply, expected))
	}
	return len(reply)
}

// fill writes all keys, in order, over one connection.
func (load *load) fill() {
	writer := *load
	writer.command = "set"
	size := writer.probe()
	descriptor := writer.connect()
	defer syscall.Close(descriptor)
	buffer := make([]byte, 1<<16)
	for start := 0; start < load.keys; start += 100 {
		requests := []byte{}
		count := min(100, load.keys-start)
		for key := start; key < start+count; key++ {
			requests = writer.request(requests, key)
		}
		for len(requests) > 0 {
			written, err := syscall.Write(descriptor, requests)
			check(err)
			requests = requests[written:]
		}
		for wanted := count * size; wanted > 0; {
			read, err := syscall.Read(descriptor, buffer)
			check(err)
			if read == 0 {
				check(fmt.Errorf("the server closed the connection"))
			}
			wanted -= read
		}
	}
}

// run sends all requests and reports how many were answered in a second.
func (load *load) run() {
	size := load.probe()
	poller, err := syscall.EpollCreate1(0)
	check(err)
	clients := map[int32]*loadClient{}
	source := rand.New(rand.NewSource(1))
	left := load.requests
	for i := 0; i < load.clients; i++ {
		client := &loadClient{descriptor: load.connect()}
		for i := 0; i < load.pipeline; i++ {
			start := len(client.requests)
			client.requests = load.request(client.requests, 0)
			name := bytes.Index(client.requests[start:], []byte("key:"))
			client.digits = append(client.digits, start+name+len("key:"))
			if load.command == "set" {
				value := bytes.Index(client.requests[start:], []byte(load.value))
				client.valueDigits = append(client.valueDigits, start+value+1)
			}
		}
		check(syscall.SetNonblock(client.descriptor, true))
		clients[int32(client.descriptor)] = client
		check(syscall.EpollCtl(poller, syscall.EPOLL_CTL_ADD, client.descriptor,
			&syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(client.descriptor)}))
	}
	begin := func(client *loadClient) {
		count := min(load.pipeline, left)
		left -= count
		for _, at := range client.digits[:count] {
			putDigits(client.requests[at:], source.Intn(load.keys))
		}
		// No value is the one that is there: a server could see that nothing changes.
		for index, at := range client.valueDigits {
			putDigits(client.requests[at:], left+index)
		}
		client.wanted = count * size
		requests := client.requests
		if count < load.pipeline {
			requests = requests[:count*len(requests)/load.pipeline]
		}
		// A pipeline of 64 is some kilobytes: less than any socket's buffer.
		written, err := syscall.Write(client.descriptor, requests)
		check(err)
		if written != len(requests) {
			check(fmt.Errorf("a pipeline of %d does not fit into a socket", load.pipeline))
		}
	}
	start := time.Now()
	busy := 0
	for _, client := range clients {
		begin(client)
		busy++
	}
	events := make([]syscall.EpollEvent, load.clients)
	buffer := make([]byte, 1<<16)
	for busy > 0 {
		count, err := syscall.EpollWait(poller, events, 10_000)
		if err == syscall.EINTR {
			continue
		}
		check(err)
		if count == 0 {
			check(fmt.Errorf("no reply for 10 seconds"))
		}
		for _, event := range events[:count] {
			client := clients[event.Fd]
			read, err := syscall.Read(client.descriptor, buffer)
			check(err)
			if read == 0 || read > client.wanted {
				check(fmt.Errorf("a reply is not as long as the first"))
			}
			client.wanted -= read
			if client.wanted > 0 {
				continue
			}
			if left > 0 {
				begin(client)
			} else {
				busy--
			}
		}
	}
	report("requests-per-second", float64(load.requests)/time.Since(start).Seconds())
}

// loadMain takes: fill|run PORT resp|lines get|set CLIENTS PIPELINE KEYS REQUESTS
func loadMain(words []string) {
	if len(words) != 8 {
		check(fmt.Errorf("usage: load fill|run PORT resp|lines get|set CLIENTS PIPELINE KEYS REQUESTS"))
	}
	number := func(index int) int {
		value, err := strconv.Atoi(words[index])
		check(err)
		return value
	}
	load := &load{
		port: number(1), protocol: words[2], command: words[3], clients: number(4), pipeline: number(5),
		keys: number(6), requests: number(7), value: "01234567890123456789012345678901",
	}
	// redis-benchmark's values are of letters; a bare number would be an int in the language.
	load.value = "x" + load.value[1:]
	if words[0] == "fill" {
		load.fill()
		return
	}
	load.run()
}
