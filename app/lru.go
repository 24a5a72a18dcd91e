package app

import (
	"container/list"
	"sync"
)

// lru keeps the most recently used values of something immutable; what it loses
// is read again. The zero value needs max set before use.
type lru[K comparable, V any] struct {
	max int

	mu    sync.Mutex
	order list.List // of entry, latest first
	byKey map[K]*list.Element
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func (c *lru[K, V]) get(k K) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[k]
	if !ok {
		return v, false
	}
	c.order.MoveToFront(e)
	kept, ok := e.Value.(entry[K, V])
	return kept.value, ok
}

func (c *lru[K, V]) put(k K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey == nil {
		c.byKey = map[K]*list.Element{}
	}
	if e, ok := c.byKey[k]; ok {
		c.order.MoveToFront(e)
		return
	}
	c.byKey[k] = c.order.PushFront(entry[K, V]{k, v})
	if c.order.Len() > c.max {
		last := c.order.Back()
		if old, ok := c.order.Remove(last).(entry[K, V]); ok {
			delete(c.byKey, old.key)
		}
	}
}
