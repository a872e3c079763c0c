#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What the environment says about a run of the tests.
public enum TestSettings {
  /// `TEST_LONG=1`: as many operations as patience allows, for nightly runs and release builds.
  public static var isLong: Bool { text("TEST_LONG") == "1" }

  /// `TEST_SHARE=N`: in a long run, only the Nth part of the operations.
  public static var share: Int { text("TEST_SHARE").flatMap { Int($0) }.map { max(1, $0) } ?? 1 }

  /// `TEST_UPDATE=1`: golden files are written anew; read the diff before it is committed.
  public static var updatesGoldenFiles: Bool { text("TEST_UPDATE") == "1" }

  /// The seed of a random test: its own, or `TEST_SEED` to repeat or to vary a run.
  public static func seed(_ own: UInt64) -> UInt64 {
    text("TEST_SEED").flatMap { UInt64($0) } ?? own
  }

  /// A count of random operations, multiplied in long runs; never below the short one.
  public static func count(_ short: Int, long factor: Int = 100) -> Int {
    isLong ? max(short, short * factor / share) : short
  }

  private static func text(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
