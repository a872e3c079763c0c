package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
)

// serve is the original's server: a goroutine for each connection, a line at a time. Replies are sent
// when no further line waits, so that a pipeline is not paid for line by line.
func serve(port string) {
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("ready port=%d\n", listener.Addr().(*net.TCPAddr).Port)
	store := NewStore()
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go converse(store, connection)
	}
}

func converse(store *Store, connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReaderSize(connection, 64<<10)
	writer := bufio.NewWriterSize(connection, 64<<10)
	var parser Parser
	for {
		text, err := reader.ReadString('\n')
		if err != nil {
			return
		}
		text = strings.TrimRight(text, "\r\n")
		answer(store, &parser, text, writer)
		if reader.Buffered() == 0 {
			if writer.Flush() != nil {
				return
			}
		}
	}
}

func answer(store *Store, parser *Parser, text string, writer *bufio.Writer) {
	command, err := parser.Parse(text, []byte(text))
	if err != nil {
		fmt.Fprintf(writer, "error: %v\n", err)
		return
	}
	switch command := command.(type) {
	case *Get:
		value, found := store.Get(command.key)
		if !found {
			writer.WriteString("(nil)\n")
			return
		}
		writer.WriteByte('"')
		writer.Write(value.data)
		writer.WriteString("\"\n")
	case *Put:
		// The line is this command's own, so its bytes may be kept.
		store.Put(command.key, Value{command.kind, command.value})
		writer.WriteString("OK\n")
	}
}
