// SPDX-License-Identifier: Apache-2.0
// Attributes and nodes as the JSON of c_api_network.h. Stateless.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "net/layer.h"

namespace tenon::driver {

/// {"float": "nan"} and the like for numbers that JSON lacks.
nlohmann::ordered_json number_json(double value);
nlohmann::ordered_json size_json(const ir::SymDim& size);
nlohmann::ordered_json shape_json(const ir::SymShape& shape);
/// An attribute of a layer.
nlohmann::ordered_json attr_json(const ir::Attr& attr);
/// The value of declared attribute `def`; an Error names op, attribute, value seen and type wanted.
ir::Attr attr_from(const std::string& op, const net::AttrDef& def,
                   const nlohmann::ordered_json& value);
/// A list of sizes: numbers and expressions.
ir::SymShape shape_from(const std::string& what, const nlohmann::ordered_json& value);

/// The node as a converter sees it, without handles (node_json in c_api_network.h).
nlohmann::ordered_json node_json(const ir::Node& node);

std::string dump(const nlohmann::ordered_json& value);
nlohmann::ordered_json parse_json(const std::string& what, const char* text);

}  // namespace tenon::driver
