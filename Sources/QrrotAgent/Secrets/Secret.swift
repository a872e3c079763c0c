/// A key: it is used, and never shown.
public struct Secret: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The key itself, for the one header that carries it.
  public let text: String

  /// Wraps a key.
  public init(_ text: String) { self.text = text }

  /// What is shown in its place.
  public static let mark = "[key]"
  /// ``mark``.
  public var description: String { Self.mark }
  /// ``mark``.
  public var debugDescription: String { Self.mark }
  /// Nothing.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
