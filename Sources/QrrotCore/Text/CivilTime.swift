/// A moment as a date and a time of day in UTC: `2026-11-23T06:40:00Z`.
///
/// Source: H. Hinnant, "chrono-compatible low-level date algorithms" (civil_from_days).
public struct CivilTime: Sendable {
  private let text: String

  /// The date and the time of a moment in milliseconds since 1970; all that 64 bits hold.
  ///
  /// - Parameter isFixedWidth: whether milliseconds are written where there are none, too, so that texts
  ///   compare as moments do.
  public init(milliseconds: Int64, isFixedWidth: Bool = false) {
    let (days, ofDay) = Self.divide(milliseconds, by: 86_400_000)
    // Days since 0000-03-01, in eras of 400 years.
    let (era, dayOfEra) = Self.divide(days + 719_468, by: 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
    var text = Self.padded(year, to: 4) + "-" + Self.padded(month < 10 ? month + 3 : month - 9)
    text += "-" + Self.padded(day) + "T" + Self.padded(ofDay / 3_600_000)
    text += ":" + Self.padded(ofDay / 60_000 % 60) + ":" + Self.padded(ofDay / 1_000 % 60)
    let rest = ofDay % 1_000
    self.text = text + (rest == 0 && !isFixedWidth ? "" : "." + Self.padded(rest, to: 3)) + "Z"
  }

  /// The whole quotient, rounded down, and what is left, which is not below 0.
  private static func divide(_ number: Int64, by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  private static func padded(_ number: Int64, to digitCount: Int = 2) -> String {
    let digits = String(number.magnitude)
    let zeros = String(repeating: "0", count: max(0, digitCount - digits.count))
    return (number < 0 ? "-" : "") + zeros + digits
  }
}

extension CivilTime: CustomStringConvertible {
  /// The text.
  public var description: String { text }
}

extension CivilTime {
  /// How long it is until then, about: `60 s`, `5 min`, `3 h`, `40 days`.
  public static func text(ofSeconds seconds: Int64) -> String {
    switch seconds {
    case ...300: "\(max(0, seconds)) s"
    case ...7_200: "\(seconds / 60) min"
    case ...172_800: "\(seconds / 3_600) h"
    default: "\(seconds / 86_400) days"
    }
  }
}
