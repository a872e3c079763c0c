/// Sizes as people write them: `1048576`, `512K`, `64M`, `2G`, `1T`, with or without `B` or `iB`
/// behind the letter, in capitals or not. Each step is 1,024.
public enum ByteSize {
  /// The number of bytes that `text` means; nil if it is none, or more than an `Int` holds.
  public static func parse(_ text: some StringProtocol) -> Int? {
    let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    let unit = text.utf8.dropFirst(digits.count).map { $0 | 0x20 }
    guard let count = Int(String(decoding: digits, as: UTF8.self)),
      let shift = shifts[String(decoding: unit, as: UTF8.self)]
    else { return nil }
    let (size, overflow) = count.multipliedReportingOverflow(by: 1 << shift)
    return overflow ? nil : size
  }

  /// A size for people: the largest unit of which there is at least one, rounded down to a tenth.
  public static func text(_ byteCount: Int) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    let magnitude = max(0, byteCount)
    let step = magnitude < 1_024 ? 0 : (Int.bitWidth - 1 - magnitude.leadingZeroBitCount) / 10
    guard step > 0 else { return "\(magnitude) bytes" }
    let unit = 1 << (10 * step)
    let tenth = magnitude % unit / (unit / 10 + 1)
    return "\(magnitude / unit).\(tenth) \(units[step])"
  }

  private static let shifts = [
    "": 0, "b": 0, "k": 10, "kb": 10, "kib": 10, "m": 20, "mb": 20, "mib": 20, "g": 30, "gb": 30,
    "gib": 30, "t": 40, "tb": 40, "tib": 40,
  ]
}
