// Exercise: the first that is ready. How long does poll wait, and what does its answer say?
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "common/clock.hpp"

/// Sleeps until one of `fds` can be read without waiting, and returns where in `fds` it is, the
/// first if there are several; or std::nullopt when `timeout`, from zero to a day, is over.
///
/// At its end of file, and after an error, a descriptor can be read without waiting too: read
/// returns at once and says so. A negative descriptor is passed over.
///
/// The wait is not shorter than `timeout`, also where that is no whole number of milliseconds, or
/// its caller would spin. A signal makes it neither shorter nor longer.
///
/// Throws std::system_error. See poll(2).
std::optional<std::size_t> first_ready(std::span<const int> fds, common::Duration timeout);
