#pragma once
/// @file
/// The roofline, log-log: memory roofs rise with intensity, compute roofs cap them; measured points
/// below.

#include "reports/models/roofline.hpp"
#include "reports/render/svg.hpp"

namespace assay::render {

Node draw(Node parent, const models::Roofline& roofline);

}  // namespace assay::render
