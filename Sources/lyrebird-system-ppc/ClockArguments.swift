import Options

extension SystemOptionRow {
  @Sendable static func setClock(
    _ options: inout SystemOptions, _ text: String, _ context: String
  ) throws {
    var keys = KeyedOptions(text)
    switch keys.take("base") {
    case nil: break
    case "utc": options.clock.base = .utc
    case "localtime": options.clock.base = .localTime
    case let date?:
      guard let seconds = CalendarTime.seconds(date) else {
        throw SystemProblem(
          "invalid datetime format\nvalid formats: '2006-06-17T16:01:21' or '2006-06-17'")
      }
      options.clock.base = .time(seconds)
    }
    switch keys.take("clock") {
    case nil: break
    case "host", "rt": options.clock.followsVirtualTime = false
    case "vm": options.clock.followsVirtualTime = true
    case let other?: throw SystemProblem("invalid option value '\(other)'")
    }
    if let fix = keys.take("driftfix"), fix != "none" && fix != "slew" {
      throw SystemProblem("invalid option value '\(fix)'")
    }
    try keys.finish()
  }
}

/// Dates of the Gregorian calendar.
enum CalendarTime {
  /// Seconds since 1970 of `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS`, in UTC; nil if it is no date.
  static func seconds(_ text: String) -> Int64? {
    let halves = text.split(separator: "T", omittingEmptySubsequences: false)
    guard halves.count <= 2, let date = numbers(halves[0], "-"), date.count == 3,
      (1...12).contains(date[1]), date[2] >= 1, date[2] <= days(date[1], date[0]),
      let time = halves.count == 2 ? numbers(halves[1], ":") : [0, 0, 0], time.count == 3,
      time[0] < 24, time[1] < 60, time[2] < 61
    else { return nil }
    let clock = time[0] * 3600 + time[1] * 60 + time[2]
    return dayNumber(date[0], date[1], date[2]) * 86400 + clock
  }

  private static func numbers(_ text: Substring, _ separator: Character) -> [Int64]? {
    let parts = text.split(separator: separator, omittingEmptySubsequences: false)
    let numbers = parts.compactMap { part in
      part.count <= 4 && part.allSatisfy { $0.isASCII && $0.isNumber } ? Int64(part) : nil
    }
    return numbers.count == parts.count ? numbers : nil
  }

  private static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  private static func days(_ month: Int64, _ year: Int64) -> Int64 {
    month == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// Days since 1970.
  private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let before = year - 1
    let leapDays = before / 4 - before / 100 + before / 400
    // 719162 days lie before 1970 in this count.
    let start = 365 * before + leapDays - 719_162
    return start + (1..<month).reduce(0) { $0 + days($1, year) } + day - 1
  }
}
