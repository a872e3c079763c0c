import QrrotCore
import Testing

@testable import QrrotRemote

@Suite("Addresses of Redis and Valkey")
struct RedisAddressTests {
  @Test(
    "what is an address",
    arguments: [
      ("redis://h", "h:6379"), ("REDIS://h:1/", "h:1"), ("redis://h:1/0", "h:1"),
      ("redis://[::1]:5/3", "[::1]:5/3"), ("rediss://h", "h:6379"), ("redis://ivan@h", "h:6379"),
      ("redis+cluster://a:1,b,[::2]:3", "cluster a:1"), ("rediss+cluster://a:1/0", "cluster a:1"),
      ("redis+sentinel://a,b:1/main", "main@a:26379"),
      ("redis+sentinel://a/main/2", "main@a:26379/2"),
      ("qrrot://h", nil), ("h:6379", nil), ("redis://", nil), ("redis://:5", nil),
      ("redis://h:0", nil), ("redis://h:65536", nil), ("redis://h:+5", nil), ("redis://h/x", nil),
      ("redis://h/1/2", nil), ("redis://h/-1", nil), ("redis://h/70000", nil), ("redis://::1", nil),
      ("redis://[::1", nil), ("redis://h?x", nil), ("redis://a b", nil), ("redis://a,b", nil),
      ("redis://@h", nil), ("redis://%zz@h", nil), ("redis://a/b@h", nil),
      ("redis+cluster://a,,b", nil), ("redis+cluster://a/1", nil), ("redis+sentinel://a", nil),
      ("redis+sentinel://a//1", nil),
    ] as [(String, String?)])
  func texts(text: String, name: String?) {
    #expect((try? RedisAddress(text))?.name == name)
  }

  @Test("the parts of an address")
  func parts() throws {
    let single = try RedisAddress("rediss://iv%20an@h:7/12")
    #expect(single.kind == .single && single.isSecure)
    #expect(single.user == "iv an" && single.database == 12)
    #expect(single.hosts == [.init(host: "h", port: 7)])
    let sentinel = try RedisAddress("redis+sentinel://[::1],b:5/main/3")
    #expect(sentinel.kind == .sentinel(master: "main") && sentinel.database == 3)
    #expect(sentinel.hosts == [.init(host: "::1", port: 26_379), .init(host: "b", port: 5)])
    #expect(!sentinel.isLoopback && !sentinel.isSecure)
    #expect(try RedisAddress("redis+cluster://127.0.0.1:1,localhost:2,[::1]:3").isLoopback)
    #expect(RedisAddress.fits("Rediss+Cluster://") && !RedisAddress.fits("redis:/"))
  }

  @Test("a password in the address is refused, and not repeated")
  func password() {
    for text in ["redis://ivan:geheim@h", "redis://:geheim@h", "redis+cluster://a:geheim@h,b"] {
      #expect {
        try RedisAddress(text)
      } throws: { error in
        let error = error as? QrrotError
        return error?.code == .refused && error?.message.contains("geheim") == false
      }
    }
  }

  @Test(
    "slots, as the cluster counts them",
    arguments: [
      ("foo", 12_182), ("123456789", 12_739), ("", 0), ("{user1000}.following", 3_443),
      ("{user1000}.followers", 3_443), ("user1000", 3_443), ("foo{}{bar}", 8_363),
      ("foo{{bar}}zap", 4_015), ("foo{bar}{zap}", 5_061), ("bar", 5_061), ("{", 4_092),
    ])
  func slots(key: String, slot: Int32) {
    #expect(RedisNodes.slot(of: Array(key.utf8)) == slot)
  }
}
