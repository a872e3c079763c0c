internal import QrrotCore

/// A record that says its key, type, value and deadline itself, as `export` writes it.
///
/// Without a type, a JSON string is a string, an integer of 64 bits an int, all else json. Bytes that
/// are not UTF-8 stand as `{"base64":"…"}`.
struct TypedRecord {
  var key: [UInt8] = []
  var type = ValueType.string
  /// In the form in which ``RecordView`` has it.
  var value: [UInt8] = []
  /// In milliseconds since 1970; 0 for never.
  var expiry: Int64 = 0

  static let names = ["key", "type", "value", "expires"]

  /// Becomes the record that `text`, a compact JSON text, says.
  ///
  /// - Throws: `refused` if it is no such record; `type`, `range`, `json` for what does not fit.
  mutating func read(_ text: UnsafeRawBufferPointer) throws(QrrotError) -> KeyTemplate.Outcome {
    var places: [Range<Int>?] = [nil, nil, nil, nil]
    var isForeign = false
    let isObject = try JSONText.forEachMember(of: text) { name, value in
      let inside = text[(name.lowerBound + 1)..<(name.upperBound - 1)]
      guard let index = Self.names.firstIndex(where: { inside.elementsEqual($0.utf8) }),
        places[index] == nil
      else {
        isForeign = true
        return false
      }
      places[index] = value
      return true
    }
    guard isObject, !isForeign, let valuePlace = places[2] else { throw try Self.foreign(text) }
    guard let keyPlace = places[0], text[keyPlace.lowerBound] != UInt8(ascii: "n") else {
      return .missing
    }
    key.removeAll(keepingCapacity: true)
    guard try Self.appendBytes(text, keyPlace, to: &key) else {
      throw QrrotError(.type, "key is a string, or {\"base64\":\"…\"}")
    }
    if key.isEmpty { return .missing }
    try readValue(text, valuePlace, type: try Self.type(text, places[1]))
    expiry = try Self.expiry(text, places[3])
    return .made
  }

  /// What to say to a record of another form.
  private static func foreign(_ text: UnsafeRawBufferPointer) throws(QrrotError) -> QrrotError {
    var seen: [String] = []
    let isObject = try JSONText.forEachMemberName(of: text) { name in
      seen.append(QrrotError.excerpt(name))
      return seen.count < 20
    }
    guard isObject else {
      return QrrotError(
        .refused, "--key is needed, as --key '$[0]': the record is no object that says its key")
    }
    return .keyIsNeeded(fields: seen)
  }

  private static func type(
    _ text: UnsafeRawBufferPointer, _ place: Range<Int>?
  ) throws(QrrotError) -> ValueType? {
    guard let place else { return nil }
    let inside = text[place].dropFirst().dropLast()
    guard text[place.lowerBound] == UInt8(ascii: "\""),
      let type = ValueType.allCases.first(where: { inside.elementsEqual($0.name.utf8) })
    else {
      throw QrrotError(
        .type, "type is \"string\", \"int\" or \"json\", not \(QrrotError.excerpt(text[place]))")
    }
    return type
  }

  private mutating func readValue(
    _ text: UnsafeRawBufferPointer, _ place: Range<Int>, type wanted: ValueType?
  ) throws(QrrotError) {
    let content = UnsafeRawBufferPointer(rebasing: text[place])
    value.removeAll(keepingCapacity: value.count <= 1 << 20)
    switch wanted {
    case .json:
      type = .json
      value.append(contentsOf: content)
    case .string:
      type = .string
      guard try Self.appendBytes(text, place, to: &value) else {
        throw QrrotError(.type, "the value of a string is a string, or {\"base64\":\"…\"}")
      }
    case .int:
      guard let integer = try Self.integer(content, "the value of an int") else {
        throw QrrotError(
          .type, "the value of an int is an integer, not \(QrrotError.excerpt(content))")
      }
      set(integer)
    case nil:
      if content.first == UInt8(ascii: "\"") {
        type = .string
        KeyTemplate.appendString(
          UnsafeRawBufferPointer(rebasing: content.dropFirst().dropLast()), to: &value)
      } else if case .some(.some(let integer)) = try? Self.integer(content, "") {
        set(integer)
      } else {
        type = .json
        value.append(contentsOf: content)
      }
    }
  }

  /// Reads the value, a text so far, as the type of that name; without one, as a bare word of the
  /// command language would be: an integer is an int, an array or an object json, all else a string.
  ///
  /// - Throws: `type`, `range`, `json` if it does not fit.
  mutating func setType(_ name: [UInt8]) throws(QrrotError) {
    if name.isEmpty { return inferType() }
    guard let wanted = ValueType.allCases.first(where: { name.elementsEqual($0.name.utf8) }) else {
      throw QrrotError(.type, "type is string, int or json, not \(QrrotError.excerpt(name))")
    }
    type = wanted
    switch wanted {
    case .string: break
    case .int:
      let integer = try Self.integer(value, "the value of an int")
      guard let integer else {
        throw QrrotError(
          .type, "the value of an int is an integer, not \(QrrotError.excerpt(value))")
      }
      set(integer)
    case .json:
      var text: [UInt8] = []
      do throws(JSONSyntaxError) {
        try JSONText.appendCompact(value.span, to: &text)
      } catch {
        throw QrrotError(.json, error.description)
      }
      value = text
    }
  }

  private mutating func inferType() {
    type = .string
    if case .some(.some(let integer)) = try? Self.integer(value, "") {
      set(integer)
    } else if value.first == UInt8(ascii: "{") || value.first == UInt8(ascii: "[") {
      var text: [UInt8] = []
      guard (try? JSONText.appendCompact(value.span, to: &text)) != nil else { return }
      type = .json
      value = text
    }
  }

  private static func integer(_ text: [UInt8], _ what: String) throws(QrrotError) -> Int64? {
    try text.withUnsafeBytes { bytes in
      Result { () throws(QrrotError) in try integer(bytes, what) }
    }.get()
  }

  /// Becomes an int.
  mutating func set(_ integer: Int64) {
    type = .int
    value.removeAll(keepingCapacity: true)
    withUnsafeBytes(of: integer.littleEndian) { value.append(contentsOf: $0) }
  }

  private static func expiry(
    _ text: UnsafeRawBufferPointer, _ place: Range<Int>?
  ) throws(QrrotError) -> Int64 {
    guard let place, text[place.lowerBound] != UInt8(ascii: "n") else { return 0 }
    let content = UnsafeRawBufferPointer(rebasing: text[place])
    guard let integer = try integer(content, "expires"), integer > 0 else {
      throw QrrotError(
        .type,
        "expires is a number of milliseconds since 1970, or null, not \(QrrotError.excerpt(content))"
      )
    }
    return integer
  }

  /// The integer that a JSON number is; nil for what has a fraction or an exponent and for what is no
  /// number.
  ///
  /// - Throws: `range` beyond 64 bits.
  static func integer(
    _ content: UnsafeRawBufferPointer, _ what: String
  ) throws(QrrotError) -> Int64? {
    let digits = content.first == UInt8(ascii: "-") ? content.dropFirst() : content[...]
    let isNumber = digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard !digits.isEmpty, isNumber, digits.first != UInt8(ascii: "0") || digits.count == 1 else {
      return nil
    }
    guard let integer = Int64(String(decoding: content, as: UTF8.self)) else {
      throw QrrotError(
        .range, "\(what) is outside the 64 bits of an int: \(QrrotError.excerpt(content))")
    }
    return integer
  }

  /// Appends the bytes that a JSON string, or an object of base64, stands for.
  ///
  /// - Returns: false if it is neither.
  private static func appendBytes(
    _ text: UnsafeRawBufferPointer, _ place: Range<Int>, to output: inout [UInt8]
  ) throws(QrrotError) -> Bool {
    let content = UnsafeRawBufferPointer(rebasing: text[place])
    if content.first == UInt8(ascii: "\"") {
      KeyTemplate.appendString(
        UnsafeRawBufferPointer(rebasing: content.dropFirst().dropLast()), to: &output)
      return true
    }
    let front = Array("{\"base64\":\"".utf8)
    let back = Array("\"}".utf8)
    guard content.starts(with: front), content.count >= front.count + back.count,
      content.suffix(back.count).elementsEqual(back)
    else { return false }
    let inside = UnsafeRawBufferPointer(
      rebasing: content[front.count..<(content.count - back.count)])
    guard Base64Decoding.append(inside, to: &output) else {
      throw QrrotError(.type, "not base64: \(QrrotError.excerpt(inside))")
    }
    return true
  }
}

extension QrrotError {
  /// What to say to records that don't tell which of their fields is the key.
  static func keyIsNeeded(fields: [String]) -> QrrotError {
    let names = fields.isEmpty ? "none" : fields.joined(separator: ", ")
    return QrrotError(
      .refused,
      "--key is needed: it names the field that is the key; the fields here are \(names)")
  }
}
