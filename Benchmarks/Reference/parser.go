package main

import "errors"

// Op says which command it is.
type Op uint8

// The commands that this parser knows.
const (
	OpGet Op = iota + 1
	OpPut
)

// Command is one parsed command, as the original has it: a pointer to a struct of its own kind.
type Command interface{ Op() Op }

// Get asks for a key.
type Get struct {
	key string
	op  Op
}

// Put gives a key a value.
type Put struct {
	key   string
	value []byte
	op    Op
	kind  uint8
}

// Op is the command's.
func (get *Get) Op() Op { return get.op }

// Op is the command's.
func (put *Put) Op() Op { return put.op }

type token struct {
	start, end          int
	isQuoted, isEscaped bool
}

// Parser splits a line into tokens in place.
type Parser struct {
	tokens [8]token
	count  int
}

var errSyntax = errors.New("syntax")

func (parser *Parser) tokenize(line []byte) error {
	parser.count = 0
	for at := 0; at < len(line); {
		if line[at] == ' ' || line[at] == '\t' {
			at++
			continue
		}
		if parser.count == len(parser.tokens) {
			return errSyntax
		}
		next := token{start: at}
		if line[at] == '"' {
			at++
			next.start, next.isQuoted = at, true
			for at < len(line) && line[at] != '"' {
				if line[at] == '\\' {
					next.isEscaped = true
					at++
				}
				at++
			}
			if at >= len(line) {
				return errSyntax
			}
			next.end = at
			at++
		} else {
			for at < len(line) && line[at] != ' ' && line[at] != '\t' {
				at++
			}
			next.end = at
		}
		parser.tokens[parser.count] = next
		parser.count++
	}
	return nil
}

func unescape(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for at := 0; at < len(text); at++ {
		char := text[at]
		if char == '\\' && at+1 < len(text) {
			at++
			switch text[at] {
			case 'n':
				char = '\n'
			case 't':
				char = '\t'
			default:
				char = text[at]
			}
		}
		out = append(out, char)
	}
	return out
}

// Parse makes a command of a line, which is there as a string too, so that keys need no copy.
func (parser *Parser) Parse(text string, line []byte) (Command, error) {
	if err := parser.tokenize(line); err != nil {
		return nil, err
	}
	if parser.count == 0 {
		return nil, errSyntax
	}
	tokens := &parser.tokens
	switch text[tokens[0].start:tokens[0].end] {
	case "get":
		if parser.count == 2 {
			return &Get{text[tokens[1].start:tokens[1].end], OpGet}, nil
		}
	case "put":
		if parser.count == 3 {
			value := line[tokens[2].start:tokens[2].end]
			if tokens[2].isEscaped {
				value = unescape(value)
			}
			return &Put{text[tokens[1].start:tokens[1].end], value, OpPut, 1}, nil
		}
	}
	return nil, errSyntax
}
