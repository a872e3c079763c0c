// Package main is what qrrot is measured against: the design of the original, a Go map of strings to
// typed values behind a read-write mutex, and its parser.
package main

import "sync"

// Value is a typed value as bytes.
type Value struct {
	kind uint8
	data []byte
}

// Store is the original's table.
type Store struct {
	mutex  sync.RWMutex
	values map[string]Value
}

// NewStore makes an empty one.
func NewStore() *Store { return &Store{values: make(map[string]Value)} }

// Get looks one key up; the value's bytes are shared, not copied.
func (store *Store) Get(key string) (Value, bool) {
	store.mutex.RLock()
	defer store.mutex.RUnlock()
	value, found := store.values[key]
	return value, found
}

// Put gives a key a value whose bytes the caller must not change any more.
func (store *Store) Put(key string, value Value) {
	store.mutex.Lock()
	defer store.mutex.Unlock()
	store.values[key] = value
}

// PutCopy copies key and value first, as a server must whose bytes lie in a buffer that it reuses.
func (store *Store) PutCopy(key []byte, kind uint8, data []byte) {
	copied := make([]byte, len(data))
	copy(copied, data)
	name := string(key)
	store.mutex.Lock()
	store.values[name] = Value{kind, copied}
	store.mutex.Unlock()
}
