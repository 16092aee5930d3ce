#pragma once
/// @file
/// How a rank waits for a message.

namespace assay::network {

enum class Waiting {
  /// Looks again and again, and where ranks share cores yields in between: what a message takes
  /// when somebody waits for it. Two ranks that sleep are woken on one core or on two, as the
  /// scheduler likes, and a pair would look eight times as slow as another.
  poll,
  /// Where ranks share cores it sleeps on its completion queue, if the provider can: for many who
  /// wait at once.
  block,
  /// Sleeps between looks, longer and longer: for tens of ranks on a core, whose looking would be
  /// most of the load. On a core of its own it costs a wake-up.
  back_off,
};

}  // namespace assay::network
