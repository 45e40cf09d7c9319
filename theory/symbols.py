"""The symbols of the theory: one object a symbol, with its notation and its meaning.

Every symbol is declared real and nothing more. That a norm is positive or an angle lies in [0, π]
is an assumption of the claim that needs it, where it can be seen and dropped.

Vectors are plain symbols too. Every vector of the theory is a linear combination of a few others
(``w_hat`` and ``w_star``, or ``v``, ``ones`` and ``v_star``) with scalar coefficients, so that one
expression serves as the printed formula and, with arrays in place of the symbols, as the program.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Basic, Symbol


@dataclass(frozen=True)
class Notation:
    """How a symbol is printed and what it stands for."""

    text: str
    latex: str
    meaning: str


def _real(name: str) -> Symbol:
    return Symbol(name, real=True)


theta = _real("theta")
norm_w = _real("norm_w")
w_hat = _real("w_hat")
w_star = _real("w_star")
w_dot_w_star = _real("w_dot_w_star")
norm_v = _real("norm_v")
norm_v_star = _real("norm_v_star")
sum_v = _real("sum_v")
sum_v_star = _real("sum_v_star")
v_dot_v_star = _real("v_dot_v_star")
v = _real("v")
ones = _real("ones")
v_star = _real("v_star")
x = _real("x")
u = _real("u")
mu = _real("mu")
a = _real("a")
c = _real("c")
lam = _real("lam")
beta = _real("beta")
eta = _real("eta")
kappa = _real("kappa")
d = _real("d")
s = _real("s")
t = _real("t")
penalty_u = _real("penalty_u")
w_dot_u = _real("w_dot_u")
u_dot_w_star = _real("u_dot_w_star")
norm_u = _real("norm_u")
u_vec = _real("u_vec")
norm_u_perp = _real("norm_u_perp")
alpha = _real("alpha")
rho = _real("rho")
norm_p = _real("norm_p")
w_star_i = _real("w_star_i")
theta_start = _real("theta_start")
time = _real("time")
delta = _real("delta")
pull = _real("Lambda")

NOTATION: Mapping[Symbol, Notation] = {
    theta: Notation("θ", r"\theta", "angle between w and w*, in [0, π]"),
    norm_w: Notation("‖w‖", r"\|w\|", "norm of the student's filter, > 0"),
    w_hat: Notation("ŵ", r"\hat{w}", "w/‖w‖, a unit vector of R^d"),
    w_star: Notation("w*", r"w^{*}", "the teacher's filter, a unit vector of R^d"),
    w_dot_w_star: Notation("⟨w,w*⟩", r"\langle w, w^{*}\rangle", "inner product of w and w*"),
    norm_v: Notation("‖v‖", r"\|v\|", "norm of the student's second layer"),
    norm_v_star: Notation("‖v*‖", r"\|v^{*}\|", "norm of the teacher's second layer"),
    sum_v: Notation("𝟏ᵀv", r"\mathbf{1}^{T}v", "sum of the student's second layer"),
    sum_v_star: Notation("𝟏ᵀv*", r"\mathbf{1}^{T}v^{*}", "sum of the teacher's second layer"),
    v_dot_v_star: Notation("vᵀv*", r"v^{T}v^{*}", "inner product of the second layers"),
    v: Notation("v", "v", "the student's second layer, a vector of R^m"),
    ones: Notation("𝟏", r"\mathbf{1}", "the vector of m ones"),
    v_star: Notation("v*", r"v^{*}", "the teacher's second layer, a vector of R^m"),
    x: Notation("x", "x", "one coordinate of the point to be thresholded"),
    u: Notation("u", "u", "one coordinate of the auxiliary variable"),
    mu: Notation("μ", r"\mu", "weight of the penalty in the proximal map, λ/β in RVSCGD, > 0"),
    a: Notation("a", "a", "shape of the transformed l1 penalty, > 0"),
    c: Notation("c", "c", "tangential constant of the coarse gradient, > 0"),
    lam: Notation("λ", r"\lambda", "weight of the penalty, > 0"),
    beta: Notation("β", r"\beta", "relaxation (splitting) parameter, > 0"),
    eta: Notation("η", r"\eta", "step size, > 0"),
    alpha: Notation("α", r"\alpha", "1 - η(c + β)"),
    rho: Notation("ρ", r"\rho", "‖αw + ηp‖, the norm before the normalisation"),
    norm_p: Notation("‖p‖", r"\|p\|", "norm of p = c w* + βu"),
    kappa: Notation("κ", r"\kappa", "⟨w, c w* + βu⟩, the multiplier of the sphere"),
    d: Notation("d", "d", "filter size"),
    s: Notation("s", "s", "number of non-zero entries of w*"),
    t: Notation("t", "t", "threshold of the proximal map"),
    penalty_u: Notation("P(u)", "P(u)", "penalty of the auxiliary variable"),
    w_dot_u: Notation("⟨w,u⟩", r"\langle w, u\rangle", "inner product of w and u"),
    u_dot_w_star: Notation("⟨u,w*⟩", r"\langle u, w^{*}\rangle", "inner product of u and w*"),
    norm_u: Notation("‖u‖", r"\|u\|", "norm of the auxiliary variable"),
    u_vec: Notation("u", "u", "the auxiliary variable, a vector of R^d"),
    norm_u_perp: Notation("‖u⊥‖", r"\|u^{\perp}\|", "norm of the part of u perpendicular to w"),
    w_star_i: Notation("w*ᵢ", r"w^{*}_{i}", "one entry of the teacher's filter"),
    theta_start: Notation("θ⁰", r"\theta^{0}", "angle at the start, in [0, π)"),
    pull: Notation("Λ", r"\Lambda", "bound of the relaxation's pull β‖w - u‖, ≥ 0"),
    delta: Notation("δ", r"\delta", "least angle of the start to -w*, in [0, π/2]"),
    time: Notation("τ", r"\tau", "time of the gradient flow, ≥ 0; η times the number of small steps"),
}


def readable(expression: Basic) -> Basic:
    """Put the printed names in place of the symbols' Python names."""
    return expression.xreplace({symbol: Symbol(NOTATION[symbol].text, real=True) for symbol in NOTATION})
