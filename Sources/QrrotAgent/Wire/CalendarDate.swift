internal import QrrotCore

/// Points in time as HTTP headers and recordings write them.
public enum CalendarDate {
  /// The seconds since 1970 of an HTTP date, `Sun, 06 Nov 1994 08:49:37 GMT`; nil for anything else.
  ///
  /// Source: RFC 9110, section 5.6.7 (the one form that servers may send).
  public static func seconds(ofHTTPDate text: String) -> Int64? {
    let fields = text.split(separator: " ")
    guard fields.count == 6, fields[0].hasSuffix(","), fields[5] == "GMT",
      let day = Int64(fields[1]), (1...31).contains(day),
      let month = monthNames.firstIndex(of: String(fields[2])),
      let year = Int64(fields[3]), (1970...9999).contains(year)
    else { return nil }
    let clock = fields[4].split(separator: ":").map { Int64($0) ?? -1 }
    guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]),
      (0...60).contains(clock[2])
    else { return nil }
    return days(year: year, month: Int64(month) + 1, day: day) * 86_400 + clock[0] * 3_600
      + clock[1] * 60 + clock[2]
  }

  /// `2026-11-23T06:40:00Z` for these seconds since 1970, which are not negative.
  public static func text(ofSeconds seconds: Int64) -> String {
    CivilTime(milliseconds: max(0, min(seconds, .max / 1_000)) * 1_000).description
  }

  private static let monthNames = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The days since 1970-01-01.
  ///
  /// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = year / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
