/// The requests that stand complete at the front of some bytes, found in one pass: a client that sends
/// several at once is answered with less work for each, and what their keys need can be asked for before
/// the first of them is carried out.
///
/// It knows one form, that of nearly all requests: arrays of at most nine arguments of at most 999 bytes
/// each. In front of anything else, of what is wrong and of what is not all there it ends, and leaves that
/// to ``RequestReader``, which would have read the same.
public struct RequestBatch: ~Copyable {
  /// One request.
  public struct Request {
    /// Where its arguments lie, counted from its first byte; good until the next ``read(_:)``.
    public let arguments: UnsafeBufferPointer<RequestReader.Argument>
    /// How many bytes it has.
    public let byteCount: Int
  }

  /// How many requests are found at most.
  public static var requestLimit: Int { 16 }
  /// How many arguments a request of this form has at most.
  static var argumentLimit: Int { 9 }
  /// How many bytes an argument of this form has at most.
  static var argumentByteLimit: Int { 999 }

  /// How many bytes a request of this form has at most.
  static var requestByteLimit: Int { 4 + argumentLimit * (argumentByteLimit + 8) }

  // One piece of memory each, for as long as this lives: nothing is allocated for a request.
  private let arguments: UnsafeMutablePointer<RequestReader.Argument>
  private let requests: UnsafeMutablePointer<Request>
  /// How many requests were found.
  public private(set) var count = 0

  /// Makes one that has found nothing.
  public init() {
    arguments = .allocate(capacity: Self.requestLimit * Self.argumentLimit)
    requests = .allocate(capacity: Self.requestLimit)
  }

  deinit {
    arguments.deallocate()
    requests.deallocate()
  }

  /// Request `index`, which is below ``count``.
  public subscript(index: Int) -> Request {
    @inline(__always)
    get {
      precondition(index >= 0 && index < count, "there is no such request")
      return requests[index]
    }
  }

  /// Finds the requests at the front of `input`.
  ///
  /// - Returns: how many there are.
  /// - Complexity: O(arguments), whatever their lengths.
  public mutating func read(_ input: UnsafeRawBufferPointer) -> Int {
    count = 0
    guard let base = input.baseAddress else { return 0 }
    var position = 0
    var place = arguments
    while count < Self.requestLimit {
      let length = Self.read(base + position, input.count &- position, into: place)
      guard length.bytes > 0 else { break }
      requests[count] = Request(
        arguments: UnsafeBufferPointer(start: place, count: length.arguments),
        byteCount: length.bytes)
      place += length.arguments
      position &+= length.bytes
      count &+= 1
    }
    return count
  }

  /// Reads one request.
  ///
  /// - Returns: how many arguments and bytes it has; no bytes if it is none of this form.
  @inline(__always)
  private static func read(
    _ start: UnsafeRawPointer, _ available: Int,
    into place: UnsafeMutablePointer<RequestReader.Argument>
  ) -> (arguments: Int, bytes: Int) {
    guard available >= 4 else { return (0, 0) }
    // Of `*d\r\n` in one word nothing is left but the digit.
    let digit = halfWord(start) &- 0x0A0D_302A
    guard digit & 0xFF == 0, digit &- 0x100 <= 0x800 else { return (0, 0) }
    let count = Int(digit >> 8)
    var position = 4
    for index in 0..<count {
      // No argument is shorter than `$0\r\n\r\n`.
      guard available &- position >= 6,
        let (length, headCount) = length(at: start + position)
      else { return (0, 0) }
      position &+= headCount
      guard available &- position >= length &+ 2,
        (start + (position &+ length)).loadUnaligned(as: UInt16.self).littleEndian == 0x0A0D
      else { return (0, 0) }
      place[index] = RequestReader.Argument(position, length)
      position &+= length &+ 2
    }
    return (count, position)
  }

  /// The length that stands at the beginning of an argument, and how many bytes its line has. Six bytes
  /// can be read there.
  @inline(__always)
  private static func length(at head: UnsafeRawPointer) -> (length: Int, headCount: Int)? {
    let word = halfWord(head)
    // `$d\r\n`
    let one = word &- 0x0A0D_3024
    if one & 0xFF == 0, one <= 0x900 { return (Int(one >> 8), 4) }
    // `$dd\r`, and the line feed behind it.
    let two = word &- 0x0D30_3024
    let tens = two >> 8 & 0xFF
    if two & 0xFF == 0, tens &- 1 < 9, two >> 16 <= 9 {
      guard head.load(fromByteOffset: 4, as: UInt8.self) == WireBytes.lineFeed else { return nil }
      return (Int(tens &* 10 &+ two >> 16), 5)
    }
    // `$ddd`, and the line's end behind it.
    let three = word &- 0x3030_3024
    let hundreds = three >> 8 & 0xFF
    let middle = three >> 16 & 0xFF
    guard three & 0xFF == 0, hundreds &- 1 < 9, middle <= 9, three >> 24 <= 9,
      (head + 4).loadUnaligned(as: UInt16.self).littleEndian == 0x0A0D
    else { return nil }
    return (Int(hundreds &* 100 &+ middle &* 10 &+ three >> 24), 6)
  }

  @inline(__always)
  private static func halfWord(_ pointer: UnsafeRawPointer) -> UInt32 {
    pointer.loadUnaligned(as: UInt32.self).littleEndian
  }
}

extension RequestReader {
  /// Whether a ``RequestBatch`` may read what comes next: it is the beginning of a request of RESP, and
  /// what the batch knows is within the limits.
  @inline(__always)
  public var mayBatch: Bool {
    kind == .resp && isAtBeginning && limits.argumentCount >= RequestBatch.argumentLimit
      && limits.argumentByteCount >= RequestBatch.argumentByteLimit
      && limits.requestByteCount >= RequestBatch.requestByteLimit
  }

  /// Whether lines that are no longer than `byteCount` may be read without this: what comes next is the
  /// beginning of a plain line. Those of HTTP are to be left to it.
  @inline(__always)
  public func mayReadLines(ofAtMost byteCount: Int) -> Bool {
    kind == .lines && isAtBeginning && limits.lineByteCount >= byteCount
  }
}
