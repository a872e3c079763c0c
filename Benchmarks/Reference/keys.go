package main

const (
	keyBytes = 16
	letters  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)

var thirtyTwoBytes = []byte(letters[:32])

// splitmix64, as in QrrotTesting: both programs use the same keys in the same order.
func next(state *uint64) uint64 {
	*state += 0x9E3779B97F4A7C15
	mixed := *state
	mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9
	mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB
	return mixed ^ (mixed >> 31)
}

func makeKeys(count int) []byte {
	keys := make([]byte, 0, count*keyBytes)
	state := uint64(42)
	for i := 0; i < count*2; i++ {
		word := next(&state)
		for shift := 0; shift < 8; shift++ {
			keys = append(keys, letters[word>>(6*shift)&63])
		}
	}
	return keys
}

func shuffle(keys []byte) []byte {
	order := make([]int32, len(keys)/keyBytes)
	for i := range order {
		order[i] = int32(i)
	}
	state := uint64(7)
	for i := len(order) - 1; i > 0; i-- {
		j := next(&state) % uint64(i+1)
		order[i], order[j] = order[j], order[i]
	}
	shuffled := make([]byte, 0, len(keys))
	for _, key := range order {
		shuffled = append(shuffled, keys[int(key)*keyBytes:int(key+1)*keyBytes]...)
	}
	return shuffled
}
