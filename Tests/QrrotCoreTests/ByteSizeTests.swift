import QrrotCore
import Testing

@Suite("Sizes as people write them")
struct ByteSizeTests {
  @Test(
    "a number with or without a unit",
    arguments: [
      ("0", 0), ("1048576", 1_048_576), ("512K", 524_288), ("512kb", 524_288), ("1KiB", 1_024),
      ("64M", 67_108_864), ("2g", 2_147_483_648), ("1T", 1_099_511_627_776), ("7B", 7),
    ])
  func reads(text: String, size: Int) {
    #expect(ByteSize.parse(text) == size)
  }

  @Test(
    "anything else is none",
    arguments: ["", "M", "-1", "1.5G", "1 G", "2GG", "80%", "9999999999T", "99999999999999999999"])
  func refuses(text: String) {
    #expect(ByteSize.parse(text) == nil)
  }

  @Test(
    "sizes for people",
    arguments: [
      (0, "0 bytes"), (1_023, "1023 bytes"), (1_024, "1.0 KiB"), (1_535, "1.4 KiB"),
      (1_048_575, "1023.9 KiB"), (1_073_741_824, "1.0 GiB"), (Int.max, "7.9 EiB"), (-5, "0 bytes"),
    ])
  func writes(size: Int, text: String) {
    #expect(ByteSize.text(size) == text)
  }
}
